package dashboard_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/auth"
	"github.com/belfryhq/belfry/internal/dashboard"
	"github.com/belfryhq/belfry/internal/letter"
	"github.com/belfryhq/belfry/storetest"
)

const apiKey = "bf_of-the-operator-0123456789"

var secret = []byte("a secret of the tests, and no other")

func epoch() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// A desk is a dashboard with one mail in its log.
type desk struct {
	testing.TB
	handler  http.Handler
	now      time.Time
	delivery belfry.Delivery
	message  []byte
	query    belfry.DeliveryQuery // the last one asked
	retried  []belfry.ID
	blocked  map[string]string
	broken   error
	store    *storetest.Memory
}

func (d *desk) Deliveries(_ context.Context, q belfry.DeliveryQuery) (belfry.DeliveryPage, error) {
	d.query = q
	return belfry.DeliveryPage{Results: []belfry.Delivery{d.delivery}, Next: d.delivery.ID}, d.broken
}

func (d *desk) Delivery(_ context.Context, id belfry.ID) (belfry.Delivery, []byte, error) {
	if id != d.delivery.ID {
		return belfry.Delivery{}, nil, belfry.ErrNotFound
	}
	return d.delivery, d.message, nil
}

func (d *desk) RetryDelivery(_ context.Context, id belfry.ID) (belfry.Delivery, error) {
	if d.delivery.State == belfry.Sent {
		return belfry.Delivery{}, belfry.Errorf(belfry.CodeConflict, "It was sent.")
	}
	d.retried = append(d.retried, id)
	return d.delivery, nil
}

func (d *desk) Suppressed(context.Context) (map[string]string, error) { return d.blocked, nil }

func (d *desk) Unsuppress(_ context.Context, address string) error {
	if _, ok := d.blocked[address]; !ok {
		return belfry.ErrNotFound
	}
	delete(d.blocked, address)
	return nil
}

func newDesk(t *testing.T, changes ...func(*dashboard.Config)) *desk {
	t.Helper()
	press, err := letter.New(letter.Config{Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{
		TB: t, now: epoch(), store: storetest.NewMemory(), blocked: map[string]string{"gone@example.org": "550 <b>no such user</b>"},
		delivery: belfry.Delivery{
			ID: belfry.NewID(epoch(), 1, 1), User: "42", Channel: belfry.Email, To: "ada@example.org", State: belfry.Failed, Reason: "<i>gave up</i>",
			CreatedAt: epoch(), MessageID: "x",
			Attempts: []belfry.Attempt{{At: epoch(), Stage: "rcpt", Code: 550, EnhancedCode: "5.1.1", Text: `<script>alert("server")</script>`}},
		},
	}
	_, d.message, err = press.Render(t.Context(), &belfry.Mail{
		Delivery: d.delivery, User: belfry.User{ID: "42"}, Notification: belfry.Notification{Category: "order", Title: "<b>Grüße</b>", Body: "Hello"},
	})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := auth.New(auth.Config{Store: d.store, Keys: []auth.NamedKey{{Name: "operator", Secret: apiKey}}, JWT: auth.JWT{Secret: secret}, Now: func() time.Time { return d.now }})
	if err != nil {
		t.Fatal(err)
	}
	c := dashboard.Config{Mail: d, Keys: keys, Suppressions: d, Secret: secret, Now: func() time.Time { return d.now }}
	for _, change := range changes {
		change(&c)
	}
	if d.handler, err = dashboard.New(c); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *desk) ask(method, path string, form url.Values, cookies []*http.Cookie, header ...string) *httptest.ResponseRecorder {
	d.Helper()
	r := httptest.NewRequestWithContext(d.Context(), method, "http://mail.example.com"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range cookies {
		r.AddCookie(c)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	return w
}

// signIn returns the cookies of an operator.
func (d *desk) signIn(key string) []*http.Cookie {
	d.Helper()
	w := d.ask("POST", "/dashboard/sign-in", url.Values{"key": {key}, "to": {"/dashboard/?state=failed"}}, nil)
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/dashboard/?state=failed" {
		d.Fatalf("signing in: %d to %q", w.Code, w.Header().Get("Location"))
	}
	return w.Result().Cookies()
}

func (d *desk) page(rest string) string { return "/dashboard/mail/" + d.delivery.ID.String() + rest }

func TestStrangersSeeNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, path := range []string{"/dashboard/", d.page(""), d.page("/html"), d.page("/source")} {
		w := d.ask("GET", path, nil, nil)
		if w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/dashboard/sign-in?to=%2Fdashboard%2F") || strings.Contains(w.Body.String(), "ada@") {
			t.Errorf("GET %s: %d to %q", path, w.Code, w.Header().Get("Location"))
		}
	}
	for _, path := range []string{d.page("/retry"), "/dashboard/unsuppress"} {
		if w := d.ask("POST", path, url.Values{"address": {"gone@example.org"}}, nil); w.Code != http.StatusForbidden {
			t.Errorf("POST %s: %d, want 403", path, w.Code)
		}
	}
	if len(d.retried) > 0 || len(d.blocked) != 1 {
		t.Error("a stranger changed something")
	}
}

func TestSession(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	cookies := d.signIn(apiKey)
	c := cookies[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/dashboard/" || c.MaxAge != 8*3600 {
		t.Errorf("got cookie %+v", c)
	}
	raw, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil || strings.Contains(string(raw), apiKey) {
		t.Errorf("the cookie holds the key, or is unreadable: %v", err)
	}
	if w := d.ask("GET", "/dashboard/", nil, cookies); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "operator") {
		t.Errorf("signed in: %d %s", w.Code, w.Body)
	}
	for i := range raw { // whichever byte is another: the time, the name, the signature
		forged := append([]byte(nil), raw...)
		forged[i] ^= 1
		if w := d.ask("GET", "/dashboard/", nil, []*http.Cookie{{Name: c.Name, Value: base64.RawURLEncoding.EncodeToString(forged)}}); w.Code != http.StatusSeeOther {
			t.Errorf("a cookie with another byte %d: %d", i, w.Code)
		}
	}
	for _, bad := range []string{"", "x", "!!", strings.Repeat("A", 60)} {
		if w := d.ask("GET", "/dashboard/", nil, []*http.Cookie{{Name: c.Name, Value: bad}}); w.Code != http.StatusSeeOther {
			t.Errorf("cookie %q: %d", bad, w.Code)
		}
	}
	d.now = epoch().Add(8 * time.Hour)
	if w := d.ask("GET", "/dashboard/", nil, cookies); w.Code != http.StatusSeeOther {
		t.Errorf("after eight hours: %d", w.Code)
	}
	if w := d.ask("POST", "/dashboard/sign-out", nil, cookies); w.Code != http.StatusSeeOther || w.Result().Cookies()[0].MaxAge >= 0 {
		t.Errorf("signing out: %d %v", w.Code, w.Result().Cookies())
	}
}

// A session ends with its key, and with a new key of the same name.
func TestASessionEndsWithItsKey(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const stored = "bf_of-somebody-else-0123456789"
	key := belfry.Key{Name: "guest", Hash: belfry.HashSecret(stored), Scopes: belfry.ScopeDeliveries, CreatedAt: epoch()}
	if err := d.store.AddKey(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	cookies := d.signIn(stored)
	if w := d.ask("GET", "/dashboard/", nil, cookies); w.Code != http.StatusOK {
		t.Fatalf("signed in: %d", w.Code)
	}
	if err := d.store.RemoveKey(t.Context(), "guest"); err != nil {
		t.Fatal(err)
	}
	d.now = d.now.Add(2 * time.Second)
	if w := d.ask("GET", "/dashboard/", nil, cookies); w.Code != http.StatusSeeOther {
		t.Errorf("the key is removed: %d", w.Code)
	}
	key.Hash = belfry.HashSecret("bf_another-one-0123456789")
	if err := d.store.AddKey(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	d.now = d.now.Add(2 * time.Second)
	if w := d.ask("GET", "/dashboard/", nil, cookies); w.Code != http.StatusSeeOther {
		t.Errorf("the name has another key: %d", w.Code)
	}
}

func TestWhatIsNoKey(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, key := range []string{"", "bf_nobodys-0123456789", "a b", "a.b.c", "ü", apiKey + "\x00", strings.Repeat("x", 10000)} {
		w := d.ask("POST", "/dashboard/sign-in", url.Values{"key": {key}}, nil)
		if w.Code != http.StatusForbidden || len(w.Result().Cookies()) > 0 || !strings.Contains(w.Body.String(), "not an API key") {
			t.Errorf("key %.20q: %d, cookies %v", key, w.Code, w.Result().Cookies())
		}
	}
	for _, to := range []string{"https://evil.example/", "//evil.example/dashboard/", "/elsewhere", `/dashboard/\evil`, "javascript:alert(1)", "/dashboard/\r\nX: y"} {
		w := d.ask("POST", "/dashboard/sign-in", url.Values{"key": {apiKey}, "to": {to}}, nil)
		if got := w.Header().Get("Location"); got != "/dashboard/" {
			t.Errorf("to %q: led to %q", to, got)
		}
	}
}

// The dashboard of a demo is open to whoever sits at this machine, for looking, and to no page that only points here.
func TestOpen(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(c *dashboard.Config) { c.Open = true })
	for host, want := range map[string]int{"localhost:8000": 200, "127.0.0.1:8000": 200, "[::1]": 200, "evil.example.com": 303, "127.0.0.1.evil.example": 303} {
		if w := d.ask("GET", "/dashboard/", nil, nil, "Host", host); w.Code != want {
			t.Errorf("Host %s: %d, want %d", host, w.Code, want)
		}
	}
	if w := d.ask("POST", d.page("/retry"), nil, nil, "Host", "localhost"); w.Code != http.StatusForbidden || len(d.retried) > 0 {
		t.Errorf("sending again without a key: %d", w.Code)
	}
}

func TestOtherSitesCannotAct(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	w := d.ask("POST", d.page("/retry"), nil, d.signIn(apiKey), "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example")
	if w.Code != http.StatusForbidden || len(d.retried) > 0 {
		t.Errorf("a page of another site sent a mail again: %d", w.Code)
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	until := epoch().Add(time.Hour)
	d := newDesk(t, func(c *dashboard.Config) {
		c.Accounts = func() []belfry.AccountStatus {
			return []belfry.AccountStatus{{Name: "gmail", Host: "smtp.gmail.com", State: "parked", Reason: "<u>quota</u>", Until: until, Quota: 500, QuotaLeft: 17, Sent: 3}}
		}
	})
	cookies := d.signIn(apiKey)
	for path, wants := range map[string][]string{
		"/dashboard/?state=failed&user=42": {"ada@example.org", "&lt;b&gt;Grüße&lt;/b&gt;", "&lt;i&gt;gave up", "<strong>17</strong> of 500", "&lt;u&gt;quota", "13:00:00", "gone@example.org", "550 &lt;b&gt;no such", "/dashboard/?after=", "Send again"},
		d.page(""):                         {"&lt;script&gt;alert(&#34;server&#34;)", "550 5.1.1", "rcpt", "ada@example.org", "Auto-Submitted", "Hello", "sandbox"},
	} {
		w := d.ask("GET", path, nil, cookies)
		for _, want := range wants {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s: %d; want %s in\n%s", path, w.Code, want, w.Body)
			}
		}
		if policy := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none';") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "script") {
			t.Errorf("%s: policy %q", path, policy)
		}
		for _, evil := range []string{"<script", "<b>", "<i>", "<u>"} {
			if strings.Contains(w.Body.String(), evil) {
				t.Errorf("%s: %s got through", path, evil)
			}
		}
	}
	want := belfry.DeliveryQuery{Channel: belfry.Email, State: belfry.Failed, User: "42", Limit: 25}
	if d.ask("GET", "/dashboard/?state=failed&user=42&after=nonsense", nil, cookies); d.query != want {
		t.Errorf("asked %+v, want %+v", d.query, want)
	}
	w := d.ask("GET", d.page("/html?shade=dark"), nil, cookies)
	if got := w.Header().Get("Content-Security-Policy"); got != "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'" {
		t.Errorf("the mail's own policy is %q", got)
	}
	if strings.Contains(w.Body.String(), "prefers-color-scheme: dark") || !strings.Contains(w.Body.String(), "(min-width: 0)") {
		t.Errorf("by night: %s", w.Body)
	}
	if w := d.ask("GET", d.page("/source"), nil, cookies); w.Body.String() != string(d.message) || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") {
		t.Errorf("the source: %v %s", w.Header(), w.Body)
	}
}

func TestActions(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	cookies := d.signIn(apiKey)
	if w := d.ask("POST", d.page("/retry"), nil, cookies); w.Code != http.StatusSeeOther || len(d.retried) != 1 {
		t.Errorf("sending again: %d, %v", w.Code, d.retried)
	}
	d.delivery.State = belfry.Sent
	if w := d.ask("POST", d.page("/retry"), nil, cookies); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "It was sent.") {
		t.Errorf("sending again what was sent: %d %s", w.Code, w.Body)
	}
	address := url.Values{"address": {"gone@example.org"}}
	if w := d.ask("POST", "/dashboard/unsuppress", address, cookies); w.Code != http.StatusSeeOther || len(d.blocked) > 0 {
		t.Errorf("sending to an address again: %d, %v", w.Code, d.blocked)
	}
	for _, path := range []string{"/dashboard/nothing", "/dashboard/mail/x", "/dashboard/mail/" + belfry.NewID(epoch(), 2, 2).String()} {
		if w := d.ask("GET", path, nil, cookies); w.Code != http.StatusNotFound {
			t.Errorf("GET %s: %d, want 404", path, w.Code)
		}
	}
	d.broken = errors.New("the disk said something private")
	if w := d.ask("GET", "/dashboard/", nil, cookies); w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "private") {
		t.Errorf("a failure: %d %s", w.Code, w.Body)
	}
	if w := d.ask("GET", "/dashboard", nil, nil); w.Header().Get("Location") != "/dashboard/" {
		t.Errorf("without the slash: %d to %q", w.Code, w.Header().Get("Location"))
	}
}

// A token of a person is no key.
func TestPeopleAreNoOperators(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": "42", "exp": epoch().Add(time.Hour).Unix()}).SignedString(secret)
	if err != nil {
		t.Fatal(err)
	}
	if w := d.ask("POST", "/dashboard/sign-in", url.Values{"key": {token}}, nil); w.Code != http.StatusForbidden {
		t.Errorf("a person's token let somebody in: %d", w.Code)
	}
}
