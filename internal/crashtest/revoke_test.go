package crashtest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/nats-io/nats-server/v2/server"

	"github.com/belfryhq/belfry/internal/pgtest"
	"github.com/belfryhq/belfry/internal/sse"
)

const streamPath = "/api/v1/notifications/sse/stream/"

// What is revoked at one node ends the streams of another: at once, by the bus, with the reason, and whatever they came by.
func TestRevokedAtAnotherNode(t *testing.T) {
	t.Parallel()
	for name, withNATS := range map[string]bool{"nats": true, "postgres": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bus := "postgres"
			if withNATS {
				nats := startNATS(t, loopback, server.RANDOM_PORT)
				t.Cleanup(func() { stopNATS(nats) })
				bus = nats.ClientURL()
			}
			settings := []string{"BELFRY_DATABASE_URL=" + pgtest.Start(t).URL("postgres"), "BELFRY_BUS_URL=" + bus}
			one, two := serve(t, t.TempDir(), settings...), serve(t, t.TempDir(), settings...)
			revokesAll(t, one, two)
			revokesOne(t, one, two)
		})
	}
}

func revokesAll(t *testing.T, one, two *process) {
	t.Helper()
	token := issued("ada", "a", time.Now())
	byToken := one.listens(t, streamPath, token)
	here := one.listens(t, streamPath+"?ticket="+one.exchanges(t, token), "")
	there := one.listens(t, streamPath+"?ticket="+two.exchanges(t, token), "")
	unused := two.exchanges(t, token)
	bystander := one.listens(t, streamPath, issued("bob", "a", time.Now()))
	two.revokes(t, "ada", "")
	for _, s := range []*hearing{byToken, here, there} {
		if e := s.next(t, "close"); !strings.Contains(e.Data, `"revoked"`) {
			t.Errorf("the stream was closed with %s, want revoked", e.Data)
		}
	}
	// By then the node has heard of it.
	for path, credential := range map[string]string{"": token, "?ticket=" + unused: ""} {
		for _, p := range []*process{one, two} {
			if status, text, err := p.call(t.Context(), http.MethodGet, streamPath+path, credential, nil); status != http.StatusUnauthorized {
				t.Errorf("what was revoked: got %d %s %v, want 401", status, text, err)
			}
		}
	}
	two.sends(t, "bob")
	bystander.next(t, "message")
	later := one.listens(t, streamPath, issued("ada", "b", time.Now().Add(2*time.Second))) // within the leeway for clocks
	two.sends(t, "ada")
	later.next(t, "message")
}

func revokesOne(t *testing.T, one, two *process) {
	t.Helper()
	token, other := issued("eve", "a", time.Now()), issued("eve", "b", time.Now())
	stream := one.listens(t, streamPath, token)
	byTicket := one.listens(t, streamPath+"?ticket="+two.exchanges(t, token), "")
	two.revokes(t, "eve", `{"jti":"a"}`)
	for _, s := range []*hearing{stream, byTicket} {
		if e := s.next(t, "close"); !strings.Contains(e.Data, `"expired"`) {
			t.Errorf("the stream was closed with %s, want expired", e.Data)
		}
	}
	if status, text, err := one.call(t.Context(), http.MethodGet, streamPath, token, nil); status != http.StatusUnauthorized {
		t.Errorf("the token that was revoked: got %d %s %v, want 401", status, text, err)
	}
	again := one.listens(t, streamPath, other)
	two.sends(t, "eve")
	again.next(t, "message")
}

// issued makes a token with an id and a time of issue.
func issued(user, id string, at time.Time) string {
	return must(jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": user, "jti": id, "iat": at.Unix(), "exp": at.Add(time.Hour).Unix(),
	}).SignedString([]byte(jwtSecret)))
}

func (p *process) exchanges(t *testing.T, token string) string {
	t.Helper()
	status, text, err := p.call(t.Context(), http.MethodPost, "/api/v1/notifications/tickets/", token, nil)
	var got struct{ Ticket string }
	if err != nil || status != http.StatusCreated || json.Unmarshal(text, &got) != nil || got.Ticket == "" {
		t.Fatalf("exchange: %d %s %v", status, text, err)
	}
	return got.Ticket
}

func (p *process) revokes(t *testing.T, user, body string) {
	t.Helper()
	var headers []string
	if body != "" {
		headers = []string{"Content-Type", "application/json"}
	}
	if status, text, err := p.call(t.Context(), http.MethodPost, "/api/v1/users/"+user+"/revoke/", apiKey, []byte(body), headers...); status != http.StatusOK {
		t.Fatalf("revoke: %d %s %v", status, text, err)
	}
}

func (p *process) sends(t *testing.T, user string) {
	t.Helper()
	body := fmt.Appendf(nil, `{"to":%q,"category":"crash.test","title":"A"}`, user)
	if status, text, err := p.call(t.Context(), http.MethodPost, sendPath, apiKey, body); status != http.StatusCreated {
		t.Fatalf("send: %d %s %v", status, text, err)
	}
}

// A hearing is an open stream.
type hearing struct{ in *sse.Reader }

func (p *process) listens(t *testing.T, path, credential string) *hearing {
	t.Helper()
	answer, err := p.open(t.Context(), http.MethodGet, path, credential, nil, "Accept", "text/event-stream")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { hangUp(answer) })
	// A stream that is not ended is as bad as one that ends too soon.
	stuck := time.AfterFunc(patience, func() { hangUp(answer) })
	t.Cleanup(func() { stuck.Stop() })
	s := &hearing{sse.NewReader(answer.Body)}
	s.next(t, "connection")
	return s
}

// next waits for an event; others are passed over.
func (s *hearing) next(t *testing.T, name string) sse.Event {
	t.Helper()
	for {
		e, err := s.in.Next()
		if err != nil {
			t.Fatalf("the stream ended before %q: %v", name, err)
		}
		if e.Name == name {
			return e
		}
	}
}
