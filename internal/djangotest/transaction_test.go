package djangotest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/pgtest"
)

// A guide is a page's snippets, by language, in their order.
type guide map[string][]string

func readGuide(t *testing.T, name string) guide {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../docs/guide", name))
	if err != nil {
		t.Fatal(err)
	}
	g := guide{}
	for _, found := range regexp.MustCompile("(?s)```(\\w+)\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		g[found[1]] = append(g[found[1]], found[2])
	}
	return g
}

// TestTransactionGuide runs every snippet of the guide to sending in one's own transaction, as the guide's role, on a database
// that two nodes have: a person who listens on one hears all of it, in order.
func TestTransactionGuide(t *testing.T) {
	t.Parallel()
	g := readGuide(t, "transactions.md")
	if len(g["sql"]) != 4 || len(g["python"]) != 2 || len(g["go"]) != 1 {
		t.Fatalf("the guide has %d snippets of SQL, %d of Python and %d of Go: run all of them here", len(g["sql"]), len(g["python"]), len(g["go"]))
	}
	server := pgtest.Start(t)
	server.CreateDatabase(t, "shop")
	settings := []string{"BELFRY_DATABASE_URL=" + server.URL("shop"), "BELFRY_BUS_URL=postgres"}
	newBell(t, settings...)
	bell := newBell(t, settings...)
	l := bell.listen(bell.ticket("42"))

	owner := func(statements string) string {
		out, err := server.SQL("shop", statements)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	owner(`CREATE ROLE shop LOGIN; GRANT CREATE ON SCHEMA public TO shop; SET ROLE shop;
		CREATE TABLE orders (id serial PRIMARY KEY, customer text NOT NULL, shipped_at timestamptz)`)
	owner(g["sql"][0])
	shop := strings.Replace(server.URL("shop"), "tester@", "shop@", 1)
	psql := func(statements string) {
		run(t, strings.NewReader(statements), "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-", shop)
	}
	psql(g["sql"][1])
	l.want("message", "Order 1138 is placed")
	psql(g["sql"][2])
	psql(`UPDATE orders SET shipped_at = now() WHERE id = 1138`)
	l.want("message", "Order 1138 is on its way")

	run(t, strings.NewReader(fmt.Sprintf("import json, psycopg2\nconnection = psycopg2.connect(%q)\n", shop)+g["python"][0]), python, "-")
	l.want("message", "Order 1139 is placed")
	run(t, strings.NewReader(djangoShop(server.Port)+g["python"][1]), python, "-")
	l.want("message", "Order 1 is placed")
	run(t, nil, "go", "run", goProgram(t, shop, g["go"][0]))
	l.want("message", "Order 1140 is placed")

	psql(`SELECT belfry.belfry_send('{"to":"42","category":"order.untitled"}')`)
	for patience := time.After(patience); !strings.Contains(owner(`SELECT reason FROM belfry.intake`), "title: is required"); {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-patience:
			t.Fatal("the send without a title is not refused")
		}
	}
	start(t, t.TempDir(), append(settings, "BELFRY_URL="+bell.url, "BELFRY_API_KEY="+apiKey), bell.p.Cmd.Path, "doctor").Says(t,
		regexp.MustCompile(`warning +intake .*1 send, the last \(\S+\) because: .*title: is required`))
	if _, metrics := bell.call(bearer(apiKey), http.MethodGet, "/metrics", ""); !strings.Contains(metrics, "belfry_intake_refused 1\n") {
		t.Errorf("the metrics do not tell of it:\n%s", metrics)
	}
	if orders := strings.TrimSpace(owner(`SELECT count(*) FROM orders`)); orders != "4" {
		t.Errorf("there are %s orders", orders)
	}
	owner(`UPDATE belfry.intake SET request = request || '{"title":"mended"}'; ` + g["sql"][3])
	l.want("message", "mended")
}

// ticket lets a person in once.
func (b *bell) ticket(user string) credential {
	b.t.Helper()
	status, answer := b.call(bearer(apiKey), http.MethodPost, "/api/v1/users/"+user+"/tickets/", "")
	var made struct{ Ticket string }
	if err := json.Unmarshal([]byte(answer), &made); err != nil || made.Ticket == "" {
		b.t.Fatalf("a ticket: %d %s", status, answer)
	}
	return func(r *http.Request) { r.URL.RawQuery = "ticket=" + made.Ticket }
}

// run runs a program that must end well.
func run(t *testing.T, stdin *strings.Reader, words ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), words[0], words[1:]...)
	if stdin != nil {
		cmd.Stdin = stdin
	}
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", words, err, out)
	}
}

// djangoShop is what stands around the guide's snippet in a Django project.
func djangoShop(port int) string {
	return fmt.Sprintf(`
import json, django
from django.conf import settings
settings.configure(INSTALLED_APPS=[], DATABASES={"default": {"ENGINE": "django.db.backends.postgresql",
    "HOST": "127.0.0.1", "PORT": "%d", "USER": "shop", "NAME": "shop"}})
django.setup()
from django.db import connection, models, transaction

class Order(models.Model):
    customer = models.TextField()

    class Meta:
        app_label, db_table, managed = "shop", "orders", False

`, port)
}

// goProgram writes a program around the guide's snippet.
func goProgram(t *testing.T, url, snippet string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "main.go")
	text := fmt.Sprintf(`package main

import (
	"context"
	"log"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/postgres"
)

func main() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, %q)
	if err != nil {
		log.Fatal(err)
	}
	if err := order(ctx, pool); err != nil {
		log.Fatal(err)
	}
}

func order(ctx context.Context, pool *pgxpool.Pool) error {
%s	return err
}
`, url, snippet)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
