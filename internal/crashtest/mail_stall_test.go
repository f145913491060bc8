package crashtest_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/fakegmail"
	"github.com/belfryhq/belfry/internal/sse"
)

// A mail server that says nothing holds up nobody: the bell rings, sends are answered, and mail leaves by the second
// account as soon as the first is given up.
func TestStalledServerHoldsUpNobody(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	second, settings := fakeMail(t, dir, fakegmail.Options{})
	cert := bytes.Clone(second.CertPEM())
	first, more := fakeMail(t, dir, fakegmail.Options{Scenario: fakegmail.MustScenario("stall=ehlo:1h")})
	trust(t, dir, append(cert, first.CertPEM()...))
	for _, s := range settings {
		if rest, ok := strings.CutPrefix(s, "EMAIL_"); ok {
			more = append(more, "EMAIL_2_"+rest)
		}
	}
	p := serve(t, dir, append(more, "EMAIL_TIMEOUT=4", "DEFAULT_FROM_EMAIL="+mailUser)...)
	who := newPerson("42")
	answer, err := p.open(t.Context(), http.MethodGet, "/api/v1/notifications/sse/stream/", who.token, nil, "Accept", "text/event-stream")
	if err != nil {
		t.Fatal(err)
	}
	defer hangUp(answer)
	stream := sse.NewReader(answer.Body)
	if e, err := stream.Next(); err != nil || e.Name != "connection" {
		t.Fatalf("got %+v and %v, want a connection", e, err)
	}
	p.mailTo(t, "order", "into the silence", nil)
	p.until(t, "the first server is being asked", func() (bool, string) { return first.Connections() > 0, first.Dialogue() })

	slowest := time.Duration(0)
	for n := range 20 {
		title := fmt.Sprintf("while it is silent %d", n)
		began := time.Now()
		p.mailTo(t, "order", title, map[string]any{"channels": []string{"in_app", "email"}})
		for {
			e, err := stream.Next()
			if err != nil {
				t.Fatalf("the stream ended: %v", err)
			}
			if strings.Contains(e.Data, title) {
				break
			}
		}
		slowest = max(slowest, time.Since(began))
	}
	// It would be seconds if any of it waited for the server.
	if slowest > 2*time.Second {
		t.Errorf("a send and its ring took %v", slowest)
	}
	p.until(t, "all left by the second account", func() (bool, string) { return len(second.Messages()) == 21, second.Dialogue() })
	if n := len(first.Messages()); n != 0 {
		t.Errorf("%d mails came to the silent server", n)
	}
	t.Logf("the slowest send and ring took %v", slowest)
}
