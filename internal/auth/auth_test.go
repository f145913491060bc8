package auth_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/auth"
	"github.com/belfryhq/belfry/storetest"
)

const (
	appKey = "bf_an-app-key-of-good-length"
	ticket = "a-ticket-for-person-42"
)

// credentials holds keys and tickets in memory, and fails when told to.
type credentials struct {
	belfry.Credentials // what is not needed here panics
	belfry.Revocations

	mu      sync.Mutex
	keys    []belfry.Key
	tickets map[belfry.SecretHash]belfry.Ticket
	reads   int // of the keys
	uses    []belfry.Key
	fail    error
}

func (c *credentials) Keys(context.Context) ([]belfry.Key, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reads++
	return append([]belfry.Key(nil), c.keys...), c.fail
}

func (c *credentials) UseKey(_ context.Context, name string, at time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.uses = append(c.uses, belfry.Key{Name: name, LastUsedAt: at})
	return c.fail
}

func (c *credentials) TakeTicket(_ context.Context, h belfry.SecretHash, now time.Time) (belfry.Ticket, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t, ok := c.tickets[h]
	delete(c.tickets, h)
	switch {
	case c.fail != nil:
		return belfry.Ticket{}, c.fail
	case !ok || !now.Before(t.ExpiresAt):
		return belfry.Ticket{}, belfry.ErrNotFound
	}
	return t, nil
}

func (c *credentials) set(keys ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keys = nil
	for _, secret := range keys {
		c.keys = append(c.keys, belfry.Key{Name: "stored " + secret, Hash: belfry.HashSecret(secret), Scopes: belfry.ScopeSend})
	}
}

// A world is an Authenticator with its surroundings.
type world struct {
	*auth.Authenticator
	store *credentials
	log   *bytes.Buffer
}

// now is the moment at which every test stands.
var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func open(t testing.TB, c auth.Config) world {
	t.Helper()
	w := world{store: &credentials{Revocations: storetest.NewMemory(), tickets: map[belfry.SecretHash]belfry.Ticket{}}, log: &bytes.Buffer{}}
	if c.Store == nil {
		c.Store = w.store
	}
	if c.Now == nil {
		c.Now = func() time.Time { return now }
	}
	c.Logger = slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	if w.Authenticator, err = auth.New(c); err != nil {
		t.Fatal(err)
	}
	w.addTicket(ticket, "42", now.Add(time.Minute))
	return w
}

func (w world) addTicket(secret, user string, expires time.Time) {
	h := belfry.HashSecret(secret)
	w.store.tickets[h] = belfry.Ticket{Hash: h, User: user, ExpiresAt: expires}
}

// get is a request for a path, with headers as pairs of name and value.
func get(path string, headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

// compare tells how two principals differ, in what everybody may read of them.
func compare(want, got auth.Principal) string {
	return cmp.Diff(want, got, cmpopts.IgnoreUnexported(auth.Principal{}))
}

func standard() auth.Config {
	return auth.Config{Keys: []auth.NamedKey{{Name: "shop", Secret: appKey}}, JWT: auth.JWT{Secret: []byte(hmacSecret)}}
}

func TestAuthenticateFindsTheCredential(t *testing.T) {
	t.Parallel()
	token := func(user string) string { return hs256(t, `{"sub":"`+user+`","exp":`+unix(now.Add(time.Hour))+`}`) }
	app := auth.Principal{Kind: auth.App, Key: "shop", Scopes: belfry.ScopeAdmin, Method: "api_key"}
	person := func(user string) auth.Principal {
		return auth.Principal{Kind: auth.User, User: user, Method: "jwt", ExpiresAt: now.Add(time.Hour)}
	}
	byCookie := func(user string) auth.Principal { p := person(user); p.Cookie = true; return p }
	byTicket := auth.Principal{Kind: auth.User, User: "42", Method: "ticket"}
	stale := hs256(t, `{"sub":"9","exp":1}`)

	for name, test := range map[string]struct {
		request *http.Request
		want    auth.Principal
	}{
		"API key":                    {get("/", "Authorization", "Bearer "+appKey), app},
		"the scheme's case":          {get("/", "Authorization", "bEARER "+appKey), app},
		"spaces around the key":      {get("/", "Authorization", "Bearer   "+appKey+"  "), app},
		"JWT in the header":          {get("/", "Authorization", "Bearer "+token("7")), person("7")},
		"JWT in the query":           {get("/?token=" + token("7")), person("7")},
		"JWT in a cookie":            {get("/", "Cookie", "belfry_token="+token("7")), byCookie("7")},
		"JWT in the other cookie":    {get("/", "Cookie", "access_token="+token("7")), byCookie("7")},
		"ticket":                     {get("/?ticket=" + ticket), byTicket},
		"ticket before token":        {get("/?token=" + token("7") + "&ticket=" + ticket), byTicket},
		"token before header":        {get("/?token="+token("7"), "Authorization", "Bearer "+appKey), person("7")},
		"header before cookie":       {get("/", "Authorization", "Bearer "+token("7"), "Cookie", "belfry_token="+token("8")), person("7")},
		"an empty token is none":     {get("/?token=&ticket=", "Cookie", "belfry_token="+token("8")), byCookie("8")},
		"another scheme is not ours": {get("/", "Authorization", "Basic dTpw", "Cookie", "belfry_token="+token("8")), byCookie("8")},
		"a stale cookie beside one":  {get("/", "Cookie", "belfry_token="+stale+"; belfry_token="+token("8")), byCookie("8")},
		"a foreign cookie beside it": {get("/", "Cookie", "belfry_token=opaque; access_token="+token("8")), byCookie("8")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := open(t, standard()).Authenticate(test.request)
			if err != nil {
				t.Fatal(err)
			}
			if diff := compare(test.want, got); diff != "" {
				t.Errorf("principal (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAuthenticateRefuses(t *testing.T) {
	t.Parallel()
	good := hs256(t, `{"sub":"7","exp":`+unix(now.Add(time.Hour))+`}`)
	stale := hs256(t, `{"sub":"9","exp":1}`)
	const none, refused = "This needs a credential, and the request has none.", "The credential was not accepted."

	for name, test := range map[string]struct {
		request *http.Request
		want    string
	}{
		"nothing at all":                  {get("/"), none},
		"a scheme alone":                  {get("/", "Authorization", "Bearer"), none},
		"another scheme":                  {get("/", "Authorization", "Token "+appKey), none},
		"the key without a scheme":        {get("/", "Authorization", appKey), none},
		"cookies of others":               {get("/", "Cookie", "sessionid=abc; access_token=opaque"), none},
		"the key in a cookie":             {get("/", "Cookie", "belfry_token="+appKey), none},
		"the key in the query":            {get("/?token=" + appKey), refused},
		"another key":                     {get("/", "Authorization", "Bearer bf_another-key-of-good-length"), refused},
		"a piece of the key":              {get("/", "Authorization", "Bearer "+appKey[:len(appKey)-1]), refused},
		"an endless key":                  {get("/", "Authorization", "Bearer "+strings.Repeat("k", 100_000)), refused},
		"a stale cookie":                  {get("/", "Cookie", "belfry_token="+stale), refused},
		"a bad token before a good one":   {get("/?token="+stale, "Authorization", "Bearer "+good), refused},
		"a bad header before a cookie":    {get("/", "Authorization", "Bearer "+stale, "Cookie", "belfry_token="+good), refused},
		"an unknown ticket and a cookie":  {get("/?ticket=unknown", "Cookie", "belfry_token="+good), refused},
		"an endless ticket":               {get("/?ticket=" + strings.Repeat("t", 10_000)), refused},
		"more cookies than are tried":     {get("/", "Cookie", strings.Repeat("belfry_token="+stale+"; ", 8)+"belfry_token="+good), refused},
		"a ticket that is a token":        {get("/?ticket=" + good), refused},
		"a token in an unreadable query":  {get("/?token=%zz"), none},
		"a line break in the key":         {get("/", "Authorization", "Bearer "+appKey+"\nX"), refused},
		"an API key with dots is a token": {get("/", "Authorization", "Bearer bf_a.b.c"), refused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := open(t, standard()).Authenticate(test.request)
			var e *belfry.Error
			if !errors.As(err, &e) || e.Code != belfry.CodeNoIdentity || e.Detail != test.want {
				t.Errorf("error: got %v, want %q", err, test.want)
			}
			if p != (auth.Principal{}) {
				t.Errorf("principal: got %v, want nobody", p)
			}
		})
	}
}

func TestTicketWorksOnce(t *testing.T) {
	t.Parallel()
	w := open(t, standard())
	if _, err := w.Authenticate(get("/?ticket=" + ticket)); err != nil {
		t.Fatal(err)
	}
	if p, err := w.Authenticate(get("/?ticket=" + ticket)); err == nil {
		t.Errorf("a used ticket let in %v", p)
	}
}

func TestTicketExpires(t *testing.T) {
	t.Parallel()
	w := open(t, standard())
	w.addTicket("late", "42", now)
	if p, err := w.Authenticate(get("/?ticket=late")); err == nil {
		t.Errorf("an expired ticket let in %v", p)
	}
}

// A store that does not answer is not a wrong credential: the client must not throw its own away.
func TestStoreFailureIsNoRefusal(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]*http.Request{
		"ticket": get("/?ticket=" + ticket),
		"key":    get("/", "Authorization", "Bearer bf_a-key-that-the-store-has"),
	} {
		w := open(t, standard())
		w.store.fail = errors.New("the disk is gone")
		_, err := w.Authenticate(r)
		var refusal *belfry.Error
		if !errors.Is(err, w.store.fail) || errors.As(err, &refusal) {
			t.Errorf("%s: got %v, want the store's own error", name, err)
		}
	}
	w := open(t, standard())
	w.store.fail = errors.New("the disk is gone")
	if _, err := w.Authenticate(get("/", "Authorization", "Bearer "+appKey)); err != nil {
		t.Errorf("a key of the configuration needs no store, and got %v", err)
	}
}

func TestCookieNamesAreChosen(t *testing.T) {
	t.Parallel()
	token := hs256(t, `{"sub":"7","exp":`+unix(now.Add(time.Hour))+`}`)
	c := standard()
	c.JWT.Cookies = []string{"mine"}
	if _, err := open(t, c).Authenticate(get("/", "Cookie", "mine="+token)); err != nil {
		t.Error(err)
	}
	if p, err := open(t, c).Authenticate(get("/", "Cookie", "belfry_token="+token)); err == nil {
		t.Errorf("a cookie that was not chosen let in %v", p)
	}
	c.JWT.Cookies = []string{}
	if p, err := open(t, c).Authenticate(get("/", "Cookie", "belfry_token="+token)); err == nil {
		t.Errorf("with no cookie chosen, one let in %v", p)
	}
}

// What is too long to be ours is not even hashed, let alone looked up.
func TestEndlessCredentials(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]*http.Request{
		"key":    get("/", "Authorization", "Bearer "+strings.Repeat("k", 257)),
		"ticket": get("/?ticket=" + strings.Repeat("t", 257)),
		"token":  get("/?token=" + strings.Repeat("t", 16<<10+1)),
	} {
		w := open(t, standard())
		w.store.fail = errors.New("the store was asked")
		if _, err := w.Authenticate(r); errors.Is(err, w.store.fail) || !strings.Contains(w.reasonOf(t), "too long") {
			t.Errorf("%s: got %v and the reason %q", name, err, w.reasonOf(t))
		}
	}
}
