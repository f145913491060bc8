package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/api"
)

// A credential is one that a request can show, and what becomes of it.
type credential struct {
	name   string
	show   func(*world) option // anew for each request
	status func(route string, own int) int
}

// own returns the status of a route for those who may use it, with an empty body or one that is refused: getting that far
// is what the table is about. {id} is nobody's, {user_id} a person without anything stored.
func own(route string) int {
	method, path, _ := strings.Cut(route, " ")
	switch {
	case strings.HasSuffix(path, "/sse/stream"):
		return http.StatusNotAcceptable // the request asks for JSON, so that the answer ends
	case strings.HasSuffix(path, "/tickets"):
		return http.StatusCreated
	case strings.HasSuffix(path, "/revoke"):
		return http.StatusOK
	case path == "/metrics", strings.HasPrefix(path, "/unsubscribe"), strings.Contains(path, "{") && method != http.MethodPut && method != http.MethodPatch:
		return http.StatusNotFound
	case method == http.MethodGet, strings.HasSuffix(path, "/close"):
		return http.StatusOK
	default:
		return http.StatusBadRequest // the body is missing
	}
}

func bearer(secret string) option { return header("Authorization", "Bearer "+secret) }

func always(status int) func(string, int) int { return func(string, int) int { return status } }

// asTicket is what a ticket may: what its person may, but it makes no tickets.
func asTicket(route string, status int) int {
	if strings.HasSuffix(route, "/notifications/tickets") {
		return http.StatusForbidden
	}
	return asOwner(route, status)
}

func asOwner(route string, status int) int {
	if api.Scope(route) != 0 {
		return http.StatusForbidden // it is for an app
	}
	return status
}

// asKey is what a key with scopes may.
func asKey(scopes belfry.Scopes) func(string, int) int {
	return func(route string, status int) int {
		if need := api.Scope(route); need == 0 || !scopes.May(need) {
			return http.StatusForbidden
		}
		return status
	}
}

func (w *world) ticket(user string) string {
	w.Helper()
	return into[struct{ Ticket string }](w, w.want(http.StatusCreated, w.do("POST", "/api/v1/users/"+user+"/tickets/", nil, asApp))).Ticket
}

// exchange returns the ticket that a person gets for a credential of their own.
func (w *world) exchange(by option) string {
	w.Helper()
	return into[struct{ Ticket string }](w, w.want(http.StatusCreated, w.do("POST", "/api/v1/notifications/tickets/", nil, by))).Ticket
}

func inQuery(name, value string) option {
	return func(r *http.Request) { r.URL.RawQuery = name + "=" + value }
}

// signed makes a token with claims beside the person's.
func signed(secret string, more jwt.MapClaims) string {
	claims := jwt.MapClaims{"user_id": "42", "exp": time.Now().Add(time.Hour).Unix()}
	for name, value := range more {
		claims[name] = value
	}
	s, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(secret))
	if err != nil {
		panic(err)
	}
	return s
}

// credentials are all there are: of strangers, of people, and of each key.
func credentials(w *world) []credential {
	w.Helper()
	no := always(http.StatusUnauthorized)
	of := func(o option) func(*world) option { return func(*world) option { return o } }
	used := w.ticket("42")
	w.want(http.StatusOK, w.do("GET", "/api/v1/notifications/counts/?ticket="+used, nil))
	exchanged := w.exchange(asUser("42"))
	w.want(http.StatusOK, w.do("GET", "/api/v1/notifications/counts/?ticket="+exchanged, nil))
	all := []credential{
		{"none", of(func(*http.Request) {}), no},
		{"another scheme", of(header("Authorization", "Basic YTpi")), no},
		{"an unknown key", of(bearer("bf_wrong-wrong-wrong")), no},
		{"a key of another case", of(bearer(strings.ToUpper(appKey))), no},
		{"a key as a token", of(inQuery("token", appKey)), no},
		{"a key as a cookie", of(cookie("belfry_token", appKey)), no},
		{"no token at all", of(bearer("a.b.c")), no},
		{"an expired token", of(bearer(signed(jwtSecret, jwt.MapClaims{"exp": time.Now().Add(-time.Hour).Unix()}))), no},
		{"an expired token in a cookie", of(cookie("belfry_token", signed(jwtSecret, jwt.MapClaims{"exp": time.Now().Add(-time.Hour).Unix()}))), no},
		{"a token of another secret", of(bearer(signed(jwtSecret+"x", nil))), no},
		{"a token without an end", of(bearer(signed(jwtSecret, jwt.MapClaims{"exp": nil}))), no},
		{"a used ticket", of(inQuery("ticket", used)), no},
		{"a ticket as a bearer", func(w *world) option { return bearer(w.ticket("42")) }, no},
		{"a used ticket beside a good token", of(func(r *http.Request) { asUser("42")(r); inQuery("ticket", used)(r) }), no},
		{"a token", of(asUser("42")), asOwner},
		{"a token in a query", of(inQuery("token", token("42"))), asOwner},
		{"a token in a cookie", of(cookie("belfry_token", token("42"))), asOwner},
		{"a token in a cookie of this host", of(cookie("__Host-belfry_token", token("42"))), asOwner},
		{"a ticket", func(w *world) option { return inQuery("ticket", w.ticket("42")) }, asTicket},
		{"a ticket for a token", func(w *world) option { return inQuery("ticket", w.exchange(asUser("42"))) }, asTicket},
		{"a used ticket for a token", of(inQuery("ticket", exchanged)), no},
		{"another's token", of(asUser("43")), asOwner},
		{"a key without scopes of the settings", of(asApp), asKey(belfry.ScopeAdmin)},
	}
	for _, s := range []belfry.Scopes{
		0, belfry.ScopeSend, belfry.ScopeUsers, belfry.ScopeDeliveries, belfry.ScopeSend | belfry.ScopeDeliveries, belfry.ScopeAdmin,
	} {
		secret := fmt.Sprintf("bf_a-key-that-may-%s-in-the-store", s)
		if err := w.store.AddKey(w.Context(), belfry.Key{Name: fmt.Sprintf("may %s", s), Hash: belfry.HashSecret(secret), Scopes: s}); err != nil {
			w.Fatal(err)
		}
		all = append(all, credential{fmt.Sprintf("a key with the scopes %q", s), of(bearer(secret)), asKey(s)})
	}
	return all
}

// Every route with every credential, and what each is answered. A 401 names its scheme and gives no reason away; a 403 names
// the scope that is missing.
func TestEveryRouteWithEveryCredential(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	all := credentials(w)
	var refusals []string
	for _, route := range api.Routes() {
		method, path, _ := strings.Cut(route, " ")
		path = strings.NewReplacer("{id}", "01890a5d-ac96-774b-bcce-b302099a8057", "{user_id}", "nobody", "{token}", "x").Replace(path)
		ofApp, ofPerson := api.NeedsIdentity(route)
		for _, c := range all {
			want := own(route)
			if ofApp || ofPerson {
				want = c.status(route, want)
			}
			a := w.do(method, path, nil, c.show(w), header("Accept", "application/json"))
			if a.StatusCode != want {
				t.Errorf("%s with %s: got %d, want %d: %s", route, c.name, a.StatusCode, want, a.body)
			}
			switch detail := detailOf(a); {
			case a.StatusCode == http.StatusUnauthorized && a.Header.Get("WWW-Authenticate") == "":
				t.Errorf("%s with %s: a 401 without WWW-Authenticate", route, c.name)
			case a.StatusCode == http.StatusUnauthorized && !slices.Contains(refusals, detail):
				refusals = append(refusals, detail)
			case a.StatusCode == http.StatusForbidden && strings.HasPrefix(c.name, "a key with") && ofApp && !strings.Contains(detail, "scope "+api.Scope(route).String()):
				t.Errorf("%s with %s: the refusal does not name the scope: %s", route, c.name, detail)
			}
		}
	}
	if len(refusals) != 2 {
		t.Errorf("whoever is refused learns why: %q", refusals)
	}
}

// detailOf returns the detail of a problem, empty when the answer is none.
func detailOf(a answer) string {
	_, rest, _ := strings.Cut(a.body, `"detail":"`)
	detail, _, _ := strings.Cut(rest, `"}`)
	return detail
}
