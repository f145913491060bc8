package server_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/mail"
	"net/url"
	"strings"
	"testing"
)

// The link in a mail stops the next one, and what is critical comes all the same.
func TestUnsubscribeByTheLinkOfAMail(t *testing.T) {
	t.Parallel()
	cfg := config(open(t))
	cfg.PublicURL = "https://bell.example.com"
	_, address := start(t, cfg)
	d := mailed(t, address, sendMail(t, address, both))
	_, _, message := do(t, http.MethodGet, address+"/api/v1/deliveries/"+d.ID+"/message/", "")
	m, err := mail.ReadMessage(strings.NewReader(message))
	if err != nil {
		t.Fatal(err)
	}
	link := strings.Trim(m.Header.Get("List-Unsubscribe"), "<>")
	path, ok := strings.CutPrefix(link, cfg.PublicURL)
	if !ok || m.Header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
		t.Fatalf("got header %v", m.Header)
	}
	resp, err := http.PostForm(address+path, url.Values{"List-Unsubscribe": {"One-Click"}}) // as a mail reader: without a credential
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("one click: %d", resp.StatusCode)
	}
	if d := mailed(t, address, sendMail(t, address, both)); d.State != "skipped" {
		t.Errorf("after the click: got %+v, want it skipped", d)
	}
	if d := mailed(t, address, sendMail(t, address, both+`,"priority":"critical"`)); d.State != "captured" {
		t.Errorf("a critical one after the click: got %+v", d)
	}
}

// The dashboard stands beside the API, and takes the keys that the API takes.
func TestDashboard(t *testing.T) {
	t.Parallel()
	_, address := start(t, config(open(t)))
	d := mailed(t, address, sendMail(t, address, both))
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	ask := func(method, path string, form url.Values) (string, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, address+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := browser.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.Request.URL.Path, string(b)
	}
	if path, body := ask(http.MethodGet, "/dashboard", nil); path != "/dashboard/sign-in" || strings.Contains(body, "ada@example.com") {
		t.Errorf("a stranger came to %s:\n%s", path, body)
	}
	path, body := ask(http.MethodPost, "/dashboard/sign-in", url.Values{"key": {appKey}, "to": {"/dashboard/mail/" + d.ID}})
	if path != "/dashboard/mail/"+d.ID || !strings.Contains(body, "ada@example.com") || !strings.Contains(body, "captured") {
		t.Errorf("an operator came to %s:\n%s", path, body)
	}
	if path, body := ask(http.MethodPost, "/dashboard/mail/"+d.ID+"/retry", nil); path != "/dashboard/mail/"+d.ID {
		t.Errorf("sending again led to %s:\n%s", path, body)
	}
}
