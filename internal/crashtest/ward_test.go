package crashtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/belfryhq/belfry/internal/pgtest"
	"github.com/belfryhq/belfry/internal/sse"
)

// longPatience is for what takes half a minute by design.
const longPatience = 90 * time.Second

// A ward is three nodes with names, on one PostgreSQL and one NATS.
type ward struct {
	dir      string
	settings []string
	nodes    [3]*process
	postgres *pgtest.Server
	nats     *server.Server // nil: the database rings
}

func newWard(t *testing.T, withNATS bool, database func(*pgtest.Server) string) *ward {
	t.Helper()
	w := &ward{dir: t.TempDir(), postgres: pgtest.Start(t)}
	bus := "postgres"
	if withNATS {
		w.nats = startNATS(t, loopback, server.RANDOM_PORT)
		t.Cleanup(func() { stopNATS(w.nats) })
		bus = w.nats.ClientURL()
	}
	w.settings = []string{"BELFRY_DATABASE_URL=" + database(w.postgres), "BELFRY_BUS_URL=" + bus, "BELFRY_HEARTBEAT_INTERVAL=1s"}
	for i := range w.nodes {
		w.launch(t, i)
	}
	for _, n := range w.nodes {
		n.ready(t)
	}
	for _, n := range w.nodes {
		eventually(t, "the nodes to know each other", patience, func() string {
			_, body, err := n.call(t.Context(), http.MethodGet, "/metrics", "", nil)
			return unless(err == nil && strings.Contains(string(body), "belfry_cluster_nodes 3\n"), "%v", err)
		})
	}
	return w
}

func plainURL(s *pgtest.Server) string { return s.URL("postgres") }

func (w *ward) launch(t *testing.T, i int) {
	t.Helper()
	w.nodes[i] = launch(t, w.dir, nil, append(slices.Clone(w.settings), fmt.Sprint("BELFRY_NODE_NAME=node-", i))...)
}

// eventually waits until so says nothing, which is what is still wrong.
func eventually(t *testing.T, what string, limit time.Duration, so func() string) {
	t.Helper()
	stuck := time.After(limit)
	for {
		wrong := so()
		if wrong == "" {
			return
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-stuck:
			t.Fatalf("in vain waited %v for %s: %s", limit, what, wrong)
		}
	}
}

func unless(so bool, format string, args ...any) string {
	if so {
		return ""
	}
	return fmt.Sprintf("not so; "+format, args...)
}

// An onlooker reads an open stream.
type onlooker struct {
	t  *testing.T
	in *sse.Reader
}

func openStream(t *testing.T, p *process, who *person) *onlooker {
	t.Helper()
	answer, err := p.open(t.Context(), http.MethodGet, "/api/v1/notifications/sse/stream/", who.token, nil, "Accept", "text/event-stream")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { hangUp(answer) })
	l := &onlooker{t, sse.NewReader(answer.Body)}
	l.until("connection", "")
	return l
}

// until reads up to an event of a name whose data holds a text.
func (l *onlooker) until(name, text string) {
	l.t.Helper()
	found := make(chan error, 1)
	go func() {
		for {
			e, err := l.in.Next()
			if err != nil || e.Name == name && strings.Contains(e.Data, text) {
				found <- err
				return
			}
		}
	}()
	select {
	case err := <-found:
		if err != nil {
			l.t.Fatalf("the stream ended before %s %q: %v", name, text, err)
		}
	case <-time.After(longPatience):
		l.t.Fatalf("%s %q did not come in %v", name, text, longPatience)
	}
}

// on counts a person's streams by node, as a node tells.
func on(ctx context.Context, p *process, who *person) (nodes map[string]int, ids []string, partial bool, err error) {
	status, body, err := p.call(ctx, http.MethodGet, "/api/v1/notifications/sse/status/", who.token, nil)
	if err != nil || status != http.StatusOK {
		return nil, nil, false, fmt.Errorf("status: %d %w", status, err)
	}
	var s struct {
		Connections []struct {
			ID   string `json:"id"`
			Node string `json:"node"`
		} `json:"connections"`
		Partial bool `json:"partial"`
	}
	err = json.Unmarshal(body, &s)
	nodes = map[string]int{}
	for _, c := range s.Connections {
		nodes[c.Node]++
		ids = append(ids, c.ID)
	}
	return nodes, ids, s.Partial, err
}

func (w *ward) readyz(t *testing.T, i int) (status int, body string) {
	t.Helper()
	status, b, err := w.nodes[i].call(t.Context(), http.MethodGet, "/readyz", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	return status, string(b)
}

// sendVia sends a notification to a person.
func (w *ward) sendVia(t *testing.T, i int, who *person, title string) {
	t.Helper()
	body := fmt.Appendf(nil, `{"to":%q,"category":"order","title":%q}`, who.id, title)
	status, answer, err := w.nodes[i].call(t.Context(), http.MethodPost, "/api/v1/notifications/", apiKey, body, "Content-Type", "application/json")
	if err != nil || status != http.StatusCreated {
		t.Fatalf("send: %d %s %v", status, answer, err)
	}
}
