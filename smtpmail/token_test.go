package smtpmail_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/fakegmail"
	"github.com/belfryhq/belfry/smtpmail"
)

// tokenServer answers with what answer writes, and counts.
func tokenServer(t *testing.T, answer func(n int, w http.ResponseWriter, r *http.Request)) (address string, asked *atomic.Int64) {
	t.Helper()
	asked = new(atomic.Int64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		answer(int(asked.Add(1)), w, r)
	}))
	t.Cleanup(func() {
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		s.Close()
	})
	return s.URL, asked
}

func oauth(b *bench, tokens map[string]string, address string) {
	b.server = fakeWith(b.t, fakegmail.Options{Tokens: tokens}, "")
	a := b.account()
	a.Secret = ""
	a.MaxPerConnection = 1
	a.OAuth2 = &smtpmail.OAuth2{ClientID: "id", ClientSecret: "client-secret-xyz", RefreshToken: "refresh-token-xyz", TokenURL: address}
	b.open(a)
}

// An access token is fetched once and used for each login until it is near its end.
func TestOAuth2(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ seconds, want int }{{3600, 1}, {60, 3}} {
		b := newBench(t, "")
		address, asked := tokenServer(t, func(_ int, w http.ResponseWriter, r *http.Request) {
			if r.FormValue("refresh_token") != "refresh-token-xyz" || r.FormValue("client_secret") != "client-secret-xyz" || r.FormValue("grant_type") != "refresh_token" {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			_, _ = fmt.Fprintf(w, `{"access_token":"access-token-xyz","token_type":"Bearer","expires_in":%d}`, c.seconds)
		})
		oauth(b, map[string]string{user: "access-token-xyz"}, address)
		for n := range 3 {
			b.want(b.send(n), belfry.Delivered, belfry.FaultNone)
		}
		if got := int(asked.Load()); got != c.want || b.server.Connections() != 3 {
			t.Errorf("tokens of %d s: asked %d times for %d logins, want %d", c.seconds, got, b.server.Connections(), c.want)
		}
	}
}

func TestOAuth2Refused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		fault  belfry.Fault
		stage  string
	}{
		"revoked":     {400, `{"error":"invalid_grant","error_description":"refresh-token-xyz is revoked"}`, belfry.FaultAuth, "token"},
		"trouble":     {503, `{"error":"refresh-token-xyz"}`, belfry.FaultConnection, "token"},
		"no json":     {200, `refresh-token-xyz`, belfry.FaultConnection, "token"},
		"wrong token": {200, `{"access_token":"another-token-xyz","expires_in":3600}`, belfry.FaultAuth, "auth"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "")
			address, asked := tokenServer(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.body))
			})
			oauth(b, map[string]string{user: "access-token-xyz"}, address)
			got := b.send(1)
			b.want(got, belfry.Deferred, c.fault)
			if got.Attempt.Stage != c.stage || asked.Load() != 1 || got.Counts {
				t.Errorf("got %+v after %d requests", got.Attempt, asked.Load())
			}
			if all := got.Reason + got.Attempt.Text + b.log.String(); strings.Contains(all, "token-xyz") || strings.Contains(all, "client-secret") {
				t.Errorf("a secret is in:\n%s", all)
			}
			if got := b.send(1); got.Attempt != nil {
				t.Errorf("asked again at once: %+v", got)
			}
		})
	}
}

// A token that was kept and is revoked in the meantime is replaced; the account is not parked for it.
func TestOAuth2RevokedWhileKept(t *testing.T) {
	t.Parallel()
	b := newBench(t, "")
	address, asked := tokenServer(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"access_token":"access-token-xyz","token_type":"Bearer","expires_in":3600}`))
	})
	oauth(b, map[string]string{user: "access-token-xyz"}, address)
	b.want(b.send(1), belfry.Delivered, belfry.FaultNone)
	b.scenario("first=1:bad-credentials")
	b.want(b.send(2), belfry.Delivered, belfry.FaultNone)
	if asked.Load() != 2 {
		t.Errorf("asked %d times, want 2", asked.Load())
	}
	b.scenario("bad-credentials")
	b.want(b.send(3), belfry.Deferred, belfry.FaultAuth)
	if asked.Load() != 3 {
		t.Errorf("asked %d times, want 3: once more, not for ever", asked.Load())
	}
}
