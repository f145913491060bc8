package crashtest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Every credential, shown in every place where one may stand and in some where it may not, good and refused: none stands in a
// log with everything in it, in an answer, in a metric, on a page, or in the database.
func TestCredentialsStandNowhere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	settings := []string{"BELFRY_LOG_LEVEL=debug", "BELFRY_RATE_LIMITS=on"}
	p := serve(t, dir, settings...)
	add := command(t, dir, nil, settings...)
	add.Args = append(add.Args[:len(add.Args)-1], "key", "add", "stored", "--scope", "users", "--json")
	out, err := add.Output()
	if err != nil {
		t.Fatal(err)
	}
	var made struct{ Key string }
	if err := json.Unmarshal(out, &made); err != nil || made.Key == "" {
		t.Fatalf("no key was made: %v %s", err, out)
	}
	ticketBy := func(path, credential string) string {
		_, text, err := p.call(t.Context(), http.MethodPost, path, credential, nil)
		var got struct{ Ticket string }
		if err != nil || json.Unmarshal(text, &got) != nil || got.Ticket == "" {
			t.Fatalf("no ticket: %v %s", err, text)
		}
		return got.Ticket
	}
	ticket := func() string { return ticketBy("/api/v1/users/42/tickets/", made.Key) }
	token := newPerson("42").token
	exchanged := func() string { return ticketBy("/api/v1/notifications/tickets/", token) }
	secrets := map[string]string{
		"the key of the settings": apiKey, "the key of the store": made.Key, "a good token": token,
		"a ticket for a token": exchanged(), "a ticket for a token for later": exchanged(),
		"a bad token": newPerson("42").token + "AAAA", "a bad key": "bf_CANARY-canary-CANARY-canary-0123456789", "a bad ticket": "CANARYticketCANARYticket01",
		"a ticket": ticket(), "a ticket for later": ticket(), "the secret of tokens": jwtSecret,
	}
	said := map[string][]byte{"/metrics": nil}
	for name, secret := range secrets {
		for where, text := range p.showEverywhere(t, secret) {
			said[where+" with "+name] = text
		}
	}
	_, said["/metrics"], err = p.call(t.Context(), http.MethodGet, "/metrics", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	p.Signal(t, syscall.SIGTERM) // in order, so that every line of the log is written
	if code := p.Wait(t); code != 0 {
		t.Errorf("exit status: got %d, want 0", code)
	}
	said["what it wrote"] = p.Output.Whole()
	for _, file := range []string{"belfry.db", "belfry.db-wal"} {
		said[file], _ = os.ReadFile(filepath.Join(dir, file)) // the second may not be there
	}
	if !bytes.Contains(said["what it wrote"], []byte("REDACTED")) || len(said["belfry.db"]) == 0 {
		t.Fatalf("there is nothing to look at:\n%s", said["what it wrote"])
	}
	for where, text := range said {
		for name, secret := range secrets {
			if i := bytes.Index(text, []byte(secret)); i >= 0 {
				t.Errorf("%s holds %s: …%s…", where, name, text[max(0, i-200):min(len(text), i+50)])
			}
		}
	}
}

// showEverywhere shows a secret in each place where a client may put one, and returns the answers with their headers.
func (p *process) showEverywhere(t *testing.T, secret string) map[string][]byte {
	t.Helper()
	const counts = "/api/v1/notifications/counts/"
	escaped := url.QueryEscape(secret)
	said := map[string][]byte{}
	ask := func(where, method, path string, body []byte, headers ...string) {
		answer, err := p.open(t.Context(), method, path, "", body, headers...)
		if err != nil {
			t.Fatal(err)
		}
		defer hangUp(answer)
		var b bytes.Buffer
		fmt.Fprintln(&b, answer.Header)
		if _, err := b.ReadFrom(answer.Body); err != nil {
			t.Fatal(err)
		}
		said[where] = b.Bytes()
	}
	ask("a header", "GET", counts, nil, "Authorization", "Bearer "+secret)
	ask("a header of another scheme", "GET", counts, nil, "Authorization", "Basic "+secret)
	ask("a cookie", "GET", counts, nil, "Cookie", "belfry_token="+escaped)
	ask("a token in a query", "GET", counts+"?token="+escaped, nil)
	ask("a ticket in a query", "GET", counts+"?ticket="+escaped, nil)
	ask("a query by another name", "GET", "/healthz?api_key="+escaped, nil)
	ask("a link to unsubscribe", "GET", "/unsubscribe/"+url.PathEscape(secret)+"/", nil)
	ask("a send", "POST", sendPath, []byte(`{"to":"42","category":"order","title":7}`), "Authorization", "Bearer "+secret)
	form := url.Values{"key": {secret}, "to": {"/dashboard/"}}.Encode()
	ask("the dashboard", "POST", "/dashboard/sign-in", []byte(form), "Content-Type", "application/x-www-form-urlencoded")
	for where := range said {
		if strings.Contains(string(said[where]), "panic") {
			t.Errorf("%s: %s", where, said[where])
		}
	}
	return said
}
