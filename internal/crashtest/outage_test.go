package crashtest_test

import (
	"net"
	"net/http"
	"strings"
	"testing"
)

// TestDatabaseAway: without the database a node is not ready, and keeps its streams; it recovers by itself.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	w := newWard(t, true, plainURL)
	ada := newPerson("ada")
	stream := openStream(t, w.nodes[0], ada)
	if err := w.postgres.Stop(); err != nil {
		t.Fatal(err)
	}
	for i := range w.nodes {
		eventually(t, "a 503", patience, func() string {
			status, body := w.readyz(t, i)
			return unless(status == http.StatusServiceUnavailable, "%d %s", status, body)
		})
	}
	stream.until("heartbeat", "")
	stream.until("heartbeat", "")
	if err := w.postgres.Run(); err != nil {
		t.Fatal(err)
	}
	for i := range w.nodes {
		eventually(t, "a 200", patience, func() string {
			status, body := w.readyz(t, i)
			return unless(status == http.StatusOK && !strings.Contains(body, "warning"), "%d %s", status, body)
		})
	}
	w.sendVia(t, 1, ada, "after the outage")
	stream.until("message", "after the outage")
}

// TestNATSAway: without NATS a node is ready and says what is wrong; what other nodes send comes late, and comes.
func TestNATSAway(t *testing.T) {
	t.Parallel()
	w := newWard(t, true, plainURL)
	ada := newPerson("ada")
	stream := openStream(t, w.nodes[0], ada)
	at, ok := w.nats.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatalf("NATS is at %v", w.nats.Addr())
	}
	stopNATS(w.nats)
	for i := range w.nodes {
		eventually(t, "a warning", patience, func() string {
			status, body := w.readyz(t, i)
			return unless(status == http.StatusOK && strings.Contains(body, "The bus does not answer"), "%d %s", status, body)
		})
	}
	if nodes, _, partial, err := on(t.Context(), w.nodes[0], ada); err != nil || !partial || nodes["node-0"] != 1 {
		t.Errorf("without NATS: %v, partial %v, %v", nodes, partial, err)
	}
	w.sendVia(t, 0, ada, "from here")
	stream.until("message", "from here")
	w.sendVia(t, 1, ada, "from elsewhere")
	stream.until("message", "from elsewhere")
	w.nats = startNATS(t, loopback, at.Port)
	for i := range w.nodes {
		eventually(t, "the warning to go", patience, func() string {
			status, body := w.readyz(t, i)
			return unless(status == http.StatusOK && !strings.Contains(body, "warning"), "%d %s", status, body)
		})
	}
	w.sendVia(t, 1, ada, "from elsewhere again")
	stream.until("message", "from elsewhere again")
	eventually(t, "the nodes to know each other again", patience, func() string {
		_, _, partial, err := on(t.Context(), w.nodes[0], ada)
		return unless(err == nil && !partial, "partial %v, %v", partial, err)
	})
}
