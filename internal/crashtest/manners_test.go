package crashtest_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/sse"
)

// says waits until a node's /readyz answers so.
func (p *process) says(t *testing.T, status int, word string) {
	t.Helper()
	var got int
	var text []byte
	var err error
	for stuck := time.After(patience); ; {
		if got, text, err = p.call(t.Context(), http.MethodGet, "/readyz", "", nil); got == status && strings.Contains(string(text), word) {
			return
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-stuck:
			t.Fatalf("readyz says %d %s %v, want %d and %q\n%s", got, text, err, status, word, p.Output)
		}
	}
}

// A stream on one node brings what another was sent, at once; it ends when a third is asked to; and what is away is told.
func TestClusterManners(t *testing.T) {
	t.Parallel()
	h := newHerd(t, 1, true)
	one, two, three := h.nodes[0].Load(), h.nodes[1].Load(), h.nodes[2].Load()
	who := newPerson("person 1")
	answer, err := one.open(t.Context(), http.MethodGet, "/api/v1/notifications/sse/stream/", who.token, nil, "Accept", "text/event-stream")
	if err != nil {
		t.Fatal(err)
	}
	defer hangUp(answer)
	in := sse.NewReader(answer.Body)
	next := func(name string) sse.Event {
		t.Helper()
		for {
			e, err := in.Next()
			if err != nil {
				t.Fatalf("the stream ended before %q: %v", name, err)
			}
			if e.Name == name {
				return e
			}
		}
	}
	next("connection")
	post := func(title string) {
		t.Helper()
		body := fmt.Appendf(nil, `{"to":"person 1","category":"crash.test","title":%q}`, title)
		if status, text, err := two.call(t.Context(), http.MethodPost, sendPath, apiKey, body); status != http.StatusCreated {
			t.Fatalf("send: %d %s %v", status, text, err)
		}
	}
	began := time.Now()
	post("live")
	// Without the ring it would come when the stream asks the store, after half a minute.
	if e := next("message"); !strings.Contains(e.Data, "live") || time.Since(began) > 10*time.Second {
		t.Errorf("after %v came %s", time.Since(began), e.Data)
	}

	at, ok := h.nats.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatalf("NATS is at %v", h.nats.Addr())
	}
	stopNATS(h.nats)
	one.says(t, http.StatusOK, "The bus does not answer")
	post("late")
	h.nats = startNATS(t, h.at, at.Port)
	one.says(t, http.StatusOK, `{"status":"ready"}`)
	if e := next("message"); !strings.Contains(e.Data, "late") {
		t.Errorf("after the outage came %s", e.Data)
	}

	if err := h.postgres.Stop(); err != nil {
		t.Fatal(err)
	}
	one.says(t, http.StatusServiceUnavailable, "")
	if err := h.postgres.Run(); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*process{one, two, three} {
		p.says(t, http.StatusOK, `{"status":"ready"}`)
	}
	post("after")
	if e := next("message"); !strings.Contains(e.Data, "after") { // on the same connection
		t.Errorf("after the database's return came %s", e.Data)
	}
	if status, text, err := three.call(t.Context(), http.MethodPost, "/api/v1/notifications/sse/close/", who.token, nil); status != http.StatusOK {
		t.Fatalf("close: %d %s %v", status, text, err)
	}
	if e := next("close"); !strings.Contains(e.Data, `"closed"`) {
		t.Errorf("the stream was closed with %s", e.Data)
	}
}
