package djangotest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/pgtest"
)

// python is Debian's, which has Debian's Django; another may stand before it in the path.
const python = "/usr/bin/python3"

const (
	secretKey = "canary-secret-key-of-the-site-+5$=@(0123456789abcdef"
	password  = "ring-the-bell"
)

// A site is a running Django.
type site struct {
	t        *testing.T
	url      string
	database string // as Belfry is told of it
}

// A setup is what a site is made of.
type setup struct {
	engine    string // of the sessions
	postgres  bool
	userModel string
	key       string
}

func newSite(t *testing.T, s setup) *site {
	t.Helper()
	dir := t.TempDir()
	site := &site{t: t}
	var database map[string]string
	if s.postgres {
		server := pgtest.Start(t)
		server.CreateDatabase(t, "shop")
		site.database = server.URL("shop")
		database = map[string]string{
			"ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": fmt.Sprint(server.Port), "USER": "tester", "NAME": "shop",
		}
	} else {
		file := filepath.Join(dir, "shop.sqlite3")
		site.database = "sqlite:" + file
		database = map[string]string{"ENGINE": "django.db.backends.sqlite3", "NAME": file}
	}
	text, err := json.Marshal(database)
	if err != nil {
		t.Fatal(err)
	}
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	if s.key == "" {
		s.key = secretKey
	}
	environ := []string{
		"DJANGO_SETTINGS_MODULE=site_settings", "PYTHONPATH=" + filepath.Join(here, "testdata/site") + ":" + filepath.Join(here, "../../examples/django"),
		"SHOP_DATA=" + dir, "SITE_SECRET_KEY=" + s.key, "SITE_SESSION_ENGINE=django.contrib.sessions.backends." + s.engine, "SITE_DATABASE=" + string(text),
	}
	if s.userModel != "" {
		environ = append(environ, "SITE_USER_MODEL="+s.userModel)
	}
	migrate := exec.CommandContext(t.Context(), python, "-m", "django", "migrate", "--run-syncdb", "--verbosity", "0")
	migrate.Dir, migrate.Env = dir, append([]string{"PATH=/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE=1"}, environ...)
	if out, err := migrate.CombinedOutput(); err != nil {
		t.Fatalf("migrate: %v (is Django installed? run .ci/setup)\n%s", err, out)
	}
	at := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	p := start(t, dir, environ, python, "-m", "django", "runserver", "--noreload", at)
	p.Says(t, regexp.MustCompile("Starting development server"))
	site.url = "http://" + at
	site.hand(map[string]any{"create": "ada", "password": password})
	return site
}

// freePort returns a port that is free at the moment: Django cannot tell which one it was given for 0.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// hand has the site do what an admin does, and returns the id of the person.
func (s *site) hand(order map[string]any) string {
	s.t.Helper()
	var answer struct{ ID string }
	s.post(http.DefaultClient, "/hand/", order, &answer)
	return answer.ID
}

// post sends JSON and reads JSON.
func (s *site) post(client *http.Client, path string, body, answer any) {
	s.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+path, bytes.NewReader(raw))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(eventually(s.t, r))
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || json.Unmarshal(text, answer) != nil {
		s.t.Fatalf("%s: got %d %.2000s, %v", path, resp.StatusCode, text, err)
	}
}

// eventually waits until somebody listens where a request goes: Django says that it starts before it does.
func eventually(t *testing.T, r *http.Request) *http.Request {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(patience); ; <-tick.C {
		conn, err := new(net.Dialer).DialContext(r.Context(), "tcp", r.URL.Host)
		if err == nil {
			_ = conn.Close()
			return r
		}
		select {
		case <-late:
			t.Fatal(err)
		default:
		}
	}
}

// A browser keeps cookies, as browsers do: they do not know ports, so those of the site go to Belfry too.
type browser struct {
	site *site
	http *http.Client
}

var csrfField = regexp.MustCompile(`name="csrfmiddlewaretoken" value="([^"]+)"`)

// login logs in through the site's own form.
func (s *site) login(user, password string) *browser {
	s.t.Helper()
	b := s.visitor()
	b.submit("/accounts/login/", url.Values{"username": {user}, "password": {password}})
	if b.cookie("sessionid") == "" {
		s.t.Fatalf("%s is not logged in", user)
	}
	return b
}

func (s *site) visitor() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &browser{site: s, http: &http.Client{Jar: jar}}
}

// submit gets a page with a form, and sends the form with the token that stands in it.
func (b *browser) submit(path string, fields url.Values) {
	b.site.t.Helper()
	b.submitTo(path, path, fields)
}

// submitTo is submit for a form that goes to another path.
func (b *browser) submitTo(page, path string, fields url.Values) {
	b.site.t.Helper()
	text := b.get(page)
	token := csrfField.FindStringSubmatch(text)
	if token == nil {
		b.site.t.Fatalf("%s: there is no form: %s", page, text)
	}
	fields.Set("csrfmiddlewaretoken", token[1])
	b.post(path, fields)
}

// logout presses the button of the front page.
func (b *browser) logout() {
	b.site.t.Helper()
	b.submitTo("/", "/accounts/logout/", url.Values{})
}

func (b *browser) get(path string) string {
	r, err := http.NewRequestWithContext(b.site.t.Context(), http.MethodGet, b.site.url+path, nil)
	return b.do(r, err)
}

func (b *browser) post(path string, fields url.Values) {
	b.site.t.Helper()
	r, err := http.NewRequestWithContext(b.site.t.Context(), http.MethodPost, b.site.url+path, strings.NewReader(fields.Encode()))
	if err == nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	b.do(r, err)
}

func (b *browser) do(r *http.Request, err error) string {
	b.site.t.Helper()
	if err != nil {
		b.site.t.Fatal(err)
	}
	resp, err := b.http.Do(eventually(b.site.t, r))
	if err != nil {
		b.site.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		b.site.t.Fatalf("%s: got %d %.500s, %v", r.URL.Path, resp.StatusCode, text, err)
	}
	return string(text)
}

func (b *browser) cookie(name string) string {
	u, err := url.Parse(b.site.url)
	if err != nil {
		b.site.t.Fatal(err)
	}
	for _, c := range b.http.Jar.Cookies(u) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}
