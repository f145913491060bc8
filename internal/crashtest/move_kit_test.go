package crashtest_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/pgtest"
)

// A removal is a run whose data goes from SQLite to PostgreSQL in the middle.
type removal struct {
	*run
	postgres *pgtest.Server
	crowd    []*person // who have much, and whom nobody writes to while it is moved
}

func newRemoval(t *testing.T, seed uint64) *removal {
	t.Helper()
	m := &removal{run: newRun(t, seed), postgres: pgtest.Start(t, "fsync=on", "full_page_writes=on")}
	for i := range 200 {
		m.crowd = append(m.crowd, newPerson(fmt.Sprintf("crowd %d", i)))
	}
	return m
}

// fill gives the crowd so many notifications, some of them mails, and preferences.
func (m *removal) fill(t *testing.T, p *process, count int) {
	t.Helper()
	for at := 0; at < count; {
		var items []map[string]any
		for ; len(items) < 1000 && at < count; at++ {
			item := map[string]any{
				"to": m.crowd[at%len(m.crowd)].id, "category": "move.test", "title": fmt.Sprintf("number %d", at), "body": strings.Repeat("words ", at%40),
				"data": map[string]int{"n": at},
			}
			if at%50 == 0 {
				item["channels"], item["email"] = []string{"in_app", "email"}, map[string]string{"to": fmt.Sprintf("a%d@example.org", at)}
			}
			items = append(items, item)
		}
		m.must(t, p, http.MethodPost, bulkPath, apiKey, map[string]any{"notifications": items})
	}
	for i, w := range m.crowd {
		m.must(t, p, http.MethodPut, sendPath+"preferences/", w.token, map[string]any{"categories": map[string]any{"other": map[string]bool{"email": i%2 == 0}}})
		if i%3 == 0 {
			m.must(t, p, http.MethodPost, sendPath+"mark/", w.token, map[string]any{"state": "seen", "all": true})
		}
	}
}

// must makes a call whose answer must be a 2xx.
func (m *removal) must(t *testing.T, p *process, method, path, credential string, body any) {
	t.Helper()
	status, text, err := p.call(t.Context(), method, path, credential, must(json.Marshal(body)), "Content-Type", "application/json")
	if err != nil || status/100 != 2 {
		t.Fatalf("%s %s: %d %.300s %v\n%s", method, path, status, text, err, p.Output)
	}
}

// snapshot is what some of the crowd are answered, and an operator.
func (m *removal) snapshot(t *testing.T, p *process, key string) map[string]string {
	t.Helper()
	all := map[string]string{}
	ask := func(path, credential string) {
		status, text, err := p.call(t.Context(), http.MethodGet, path, credential, nil)
		if err != nil || status != http.StatusOK {
			t.Fatalf("GET %s: %d %s %v\n%s", path, status, text, err, p.Output)
		}
		all[path+" of "+credential] = string(text)
	}
	for _, w := range m.crowd[:20] {
		ask(sendPath+"?limit=100&state=all", w.token)
		ask(sendPath+"?limit=100&state=unread&category=move", w.token)
		ask(sendPath+"counts/", w.token)
		ask(sendPath+"preferences/", w.token)
	}
	var log struct {
		Next string `json:"next"`
	}
	for after := ""; ; after = "&after=" + log.Next {
		path := "/api/v1/deliveries/?limit=100" + after
		ask(path, key)
		log.Next = ""
		if err := json.Unmarshal([]byte(all[path+" of "+key]), &log); err != nil {
			t.Fatal(err)
		}
		if log.Next == "" {
			return all
		}
	}
}

// belfry prepares a command of the program on the run's file and the database that it goes to.
func (m *removal) belfry(t *testing.T, words ...string) *exec.Cmd {
	t.Helper()
	cmd := command(t, m.dir, nil, "BELFRY_DATABASE_URL="+m.postgres.URL("postgres"))
	cmd.Args = append(cmd.Args[:1], words...)
	return cmd
}

func (m *removal) move(t *testing.T, more ...string) *exec.Cmd {
	t.Helper()
	return m.belfry(t, append([]string{"move", "--from", "sqlite:belfry.db", "--json"}, more...)...)
}

// moved runs a move to its end, and returns its last line and what it says when it fails.
func (m *removal) moved(t *testing.T, more ...string) (done struct {
	Status, Epoch string
	Rows, Written int64
	Seconds       float64
}, err error,
) {
	t.Helper()
	cmd := m.move(t, more...)
	var says bytes.Buffer
	cmd.Stderr = &says
	out, err := cmd.Output()
	if err != nil {
		return done, fmt.Errorf("%w: %s", err, says.String())
	}
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	return done, json.Unmarshal(lines[len(lines)-1], &done)
}

// watch is what a person sees at a terminal: a line that moves on, and then the answer.
func (m *removal) watch(t *testing.T) {
	t.Helper()
	cmd := m.belfry(t, "move", "--from", "sqlite:belfry.db")
	terminal := exec.Command("script", "--quiet", "--return", "--command", strings.Join(cmd.Args, " "), os.DevNull)
	terminal.Dir, terminal.Env = cmd.Dir, append(cmd.Env, "TERM=xterm", "NO_COLOR=1")
	out, err := terminal.CombinedOutput()
	for _, want := range []string{"\r\x1b[Kcomparing notifications [", "equal: belfry.db was moved before", "postgres://127.0.0.1:"} {
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("at a terminal: %v, want %q in\n%s", err, want, out)
		}
	}
}

// file is what stands in the run's file, and in the log beside it.
func (m *removal) file(t *testing.T) [2][sha256.Size]byte {
	t.Helper()
	var sums [2][sha256.Size]byte
	for i, name := range []string{"belfry.db", "belfry.db-wal"} {
		b, err := os.ReadFile(filepath.Join(m.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		sums[i] = sha256.Sum256(b)
	}
	return sums
}

// interrupt starts a move and kills it when the target has some more rows, or after a moment, whatever comes first. It is no
// harm if it was faster.
func (m *removal) interrupt(t *testing.T, rows int64, moment time.Duration, more ...string) {
	t.Helper()
	there := m.notifications(t)
	cmd := m.move(t, more...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); m.notifications(t) < there+rows && time.Since(began) < moment; {
		m.pause(t.Context(), time.Millisecond)
	}
	killed := cmd.Process.Kill()
	_ = cmd.Wait() // that it was killed
	t.Logf("move %v: killed (%v) with %d rows more", more, killed, m.notifications(t)-there)
}

// notifications returns how many the target has.
func (m *removal) notifications(t *testing.T) (n int64) {
	t.Helper()
	out, err := m.postgres.SQL("postgres", `SELECT CASE WHEN to_regclass('belfry.notifications') IS NULL THEN 0
		ELSE (xpath('/row/c/text()', query_to_xml('SELECT count(*) AS c FROM belfry.notifications', false, true, '')))[1]::text::bigint END`)
	if err == nil {
		_, err = fmt.Sscan(out, &n)
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}
