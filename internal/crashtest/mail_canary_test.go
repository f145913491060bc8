package crashtest_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/belfryhq/belfry/internal/fakegmail"
)

// The mail password stands nowhere, in no form in which it is sent, even when the server says it back; nor does the address
// that lets whoever has it log in.
func TestMailSecretStandsNowhere(t *testing.T) {
	t.Parallel()
	plain := base64.StdEncoding.EncodeToString([]byte("\x00" + mailUser + "\x00" + mailPassword))
	secret := base64.StdEncoding.EncodeToString([]byte(mailPassword))
	const onceURL = "AKgnsbfakeONETIMEtoken"
	for _, c := range []struct {
		scenario string
		shows    int
	}{
		{"", 250},
		{"bad-credentials", 535},
		{"web-login-required", 534},
		{"too-many-logins", 454},
		{"reply=auth:535-5.7.8 No: " + plain, 535},
		{"reply=auth:535-5.7.8 No: " + mailPassword + ` or\n` + strings.ReplaceAll(mailPassword, " ", "") + " or " + secret, 535},
		{"reply=dot:554-5.6.0 I know " + mailPassword + " and " + secret, 554},
		{"reply=rcpt:450-4.2.1 I know " + plain, 450},
		{"reply=greeting:421-4.3.0 https://accounts.example/" + onceURL, 421},
	} {
		t.Run(c.scenario, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			fake, settings := fakeMail(t, dir, fakegmail.Options{Scenario: fakegmail.MustScenario(c.scenario)})
			settings = append(settings, "BELFRY_LOG_LEVEL=debug", "BELFRY_API_KEY="+apiKey)
			p := serve(t, dir, settings...)
			id := p.mailTo(t, "order", "canary", nil)
			p.until(t, "the reply is in the log", func() (bool, string) {
				all := p.deliveries(t, "")
				return len(all[0].Attempts) > 0 && all[0].Attempts[0].Code == c.shows, fmt.Sprintf("%+v", all)
			})
			said := p.everything(t, id)
			doctor := command(t, dir, nil, append(settings, "BELFRY_URL="+p.base)...)
			said["belfry doctor"] = asDoctor(t, doctor)
			p.kill(t)
			said["what it wrote"] = p.Output.Whole()
			for _, name := range []string{"belfry.db", "belfry.db-wal"} {
				said[name], _ = os.ReadFile(filepath.Join(dir, name)) // the second may not be there
			}
			if len(fake.Events()) == 0 || len(said["belfry.db"]) == 0 || !bytes.Contains(said["belfry doctor"], []byte(fake.Host())) {
				t.Fatalf("there is nothing to look at: %s", said["belfry doctor"])
			}
			for where, text := range said {
				for what, canary := range map[string]string{
					"the password": mailPassword, "the password without spaces": strings.ReplaceAll(mailPassword, " ", ""),
					"AUTH PLAIN": plain, "AUTH LOGIN": secret, "the address": onceURL,
				} {
					if i := bytes.Index(text, []byte(canary)); i >= 0 {
						t.Errorf("%s holds %s: …%s…", where, what, text[max(0, i-200):min(len(text), i+100)])
					}
				}
			}
		})
	}
}

// asDoctor turns the command to serve into the one to examine, and returns what it says; that it fails is meant.
func asDoctor(t *testing.T, cmd *exec.Cmd) []byte {
	t.Helper()
	cmd.Args[len(cmd.Args)-1] = "doctor"
	out, _ := cmd.CombinedOutput()
	return out
}

// everything asks for all that can be seen of a mail: the log, the notification, the metrics and the pages.
func (p *process) everything(t *testing.T, notification string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	paths := []string{"/api/v1/deliveries/", sendPath + notification + "/", "/metrics", "/healthz", "/readyz"}
	for _, d := range p.deliveries(t, "") {
		paths = append(paths, "/api/v1/deliveries/"+d.ID+"/")
	}
	for _, path := range paths {
		_, text, err := p.call(t.Context(), http.MethodGet, path, apiKey, nil)
		if err != nil {
			t.Fatal(err)
		}
		all[path] = text
	}
	for path, text := range p.pages(t.Context(), t) {
		all[path] = text
	}
	return all
}

// pages are those that an operator sees who has signed in.
func (p *process) pages(ctx context.Context, t *testing.T) map[string][]byte {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	operator := &http.Client{Transport: p.client.Transport, Jar: jar}
	fetch := func(method, path string, form url.Values) []byte {
		r, err := http.NewRequestWithContext(ctx, method, p.base+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		answer, err := operator.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer hangUp(answer)
		text, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("%s %s: %d %v %s", method, path, answer.StatusCode, err, text)
		}
		return text
	}
	pages := map[string][]byte{"/dashboard/": fetch(http.MethodPost, "/dashboard/sign-in", url.Values{"key": {apiKey}, "to": {"/dashboard/"}})}
	if !bytes.Contains(pages["/dashboard/"], []byte("ada@example.org")) {
		t.Fatalf("the page does not show the mail:\n%s", pages["/dashboard/"])
	}
	for _, d := range p.deliveries(t, "") {
		path := fmt.Sprintf("/dashboard/mail/%s", d.ID)
		pages[path] = fetch(http.MethodGet, path, nil)
	}
	return pages
}
