package djangotest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// The example starts by one command; whoever logs in at its own page has the bell, rings it with a button, and loses it with the
// login.
func TestExample(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	run, err := filepath.Abs("../../examples/django/run.sh")
	if err != nil {
		t.Fatal(err)
	}
	shop, port := freePort(t), freePort(t)
	environ := goEnvironment(t, "SHOP_DATA="+dir, fmt.Sprintf("SHOP_PORT=%d", shop), fmt.Sprintf("BELFRY_PORT=%d", port), "BELFRY_LOGIN_RECHECK=1s")
	p := start(t, dir, environ, run)
	bell := &bell{t: t, p: p, url: p.Says(t, regexp.MustCompile(`ringing at (http://\S+)`))}
	p.Says(t, regexp.MustCompile("Starting development server"))

	site := &site{t: t, url: fmt.Sprintf("http://127.0.0.1:%d", shop)}
	ada := site.login("ada", "ring-the-bell")
	as := ada.session()
	l := bell.listen(as)
	ada.submitTo("/", "/order/", url.Values{})
	l.want("message", "Thank you for your order")
	bell.preflight(site.url)
	ada.logout()
	l.want("close", `"reason":"revoked"`)
	bell.refuses("the cookie of who has logged out", as)
	bell.refuses("the cookie of a visitor", cookie("sessionid", "0123456789abcdef0123456789abcdef"))
}

// preflight wants the shop's pages, which are at another port, to be let in with their cookies.
func (b *bell) preflight(origin string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodOptions, b.url+"/api/v1/notifications/mark/", nil)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Origin", origin)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	_ = resp.Body.Close()
	if got := resp.Header.Get("Access-Control-Allow-Origin"); got != origin || resp.Header.Get("Access-Control-Allow-Credentials") != "true" {
		b.t.Errorf("the shop's origin: got %q", got)
	}
}

// The Go example is one program with a login of its own: its people have the bell at the same port, and lose it with the login.
func TestGoExample(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program := filepath.Join(dir, "shop")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../../examples/go").CombinedOutput(); err != nil {
		t.Fatalf("build the example: %v\n%s", err, out)
	}
	p := start(t, dir, nil, program, "-addr", "127.0.0.1:0", "-recheck", "1s")
	address := p.Says(t, regexp.MustCompile(`Open (http://\S+)/ `))
	bell, site := &bell{t: t, p: p, url: address}, &site{t: t, url: address}
	ada := site.visitor()
	ada.post("/login", url.Values{"name": {"ada"}})
	as := cookie("shop_session", ada.cookie("shop_session"))
	bell.is("ada", as)
	l := bell.listen(as)
	ada.post("/order", url.Values{})
	l.want("message", "Thank you for your order")
	ada.post("/logout", url.Values{})
	l.want("close", `"reason":"revoked"`)
	if status, _ := bell.call(as, http.MethodGet, "/api/v1/notifications/", ""); status != http.StatusUnauthorized {
		t.Errorf("after the log-out: got %d, want 401", status)
	}
	p.Stop(t)
	if code := p.Cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("the example ended with %d:\n%s", code, p.Output)
	}
}
