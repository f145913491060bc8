package djangotest_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Belfry may be started before Django: until the database is there its sessions are answered 503, JWTs let in, and /readyz says what
// is missing.
func TestStartedBeforeDjango(t *testing.T) {
	t.Parallel()
	const secret = "the-secret-of-tokens-of-the-late-test"
	later := filepath.Join(t.TempDir(), "later.sqlite3")
	bell := newBell(t, "BELFRY_DJANGO_SECRET_KEY="+secretKey, "BELFRY_DJANGO_DATABASE_URL=sqlite:"+later, "BELFRY_JWT_SECRET="+secret)
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": "eve", "exp": time.Now().Add(time.Hour).Unix()}).SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	ready := func() string {
		t.Helper()
		status, body := bell.call(func(*http.Request) {}, http.MethodGet, "/readyz", "")
		if status != http.StatusOK {
			t.Errorf("/readyz: got %d %s, want 200: who has a token is served", status, body)
		}
		return body
	}
	site := newSite(t, setup{engine: "db"})
	ada := site.hand(map[string]any{"user": "ada"})
	session := site.login("ada", password).session()
	if body := ready(); !strings.Contains(body, "Django's database does not answer") {
		t.Errorf("/readyz: got %s, want a warning", body)
	}
	for _, path := range []string{"counts/", "sse/stream/"} {
		if status, body := bell.call(session, http.MethodGet, "/api/v1/notifications/"+path, ""); status != http.StatusServiceUnavailable {
			t.Errorf("a session at %q: got %d %s, want 503", path, status, body)
		}
	}
	bell.is("eve", bearer(token))
	if err := os.Symlink(strings.TrimPrefix(site.database, "sqlite:"), later); err != nil {
		t.Fatal(err)
	}
	bell.is(ada, session)
	if body := ready(); strings.Contains(body, "warning") {
		t.Errorf("/readyz: got %s, want no warning", body)
	}
	if said := string(bell.p.Output.Whole()); !strings.Contains(said, "Django's database does not answer; its sessions let nobody in until it does") || strings.Contains(said, secret) {
		t.Errorf("the log lacks the warning at the start, or has a secret:\n%s", said)
	}
}
