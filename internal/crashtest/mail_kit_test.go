package crashtest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/fakegmail"
)

const (
	mailUser     = "shop@example.org"
	mailPassword = "tvnq rkzw mxhb djfy"
)

// fakeMail starts a fake Gmail, and returns the settings of a process that sends by it.
func fakeMail(t *testing.T, dir string, opts fakegmail.Options) (*fakegmail.Server, []string) {
	t.Helper()
	opts.Users = map[string]string{mailUser: mailPassword}
	s, err := fakegmail.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	trust(t, dir, s.CertPEM())
	return s, []string{
		"EMAIL_HOST=" + s.Host(), fmt.Sprintf("EMAIL_PORT=%d", s.Port()), "EMAIL_HOST_USER=" + mailUser, "EMAIL_HOST_PASSWORD=" + mailPassword,
		"SSL_CERT_FILE=" + trusted(dir),
	}
}

func trusted(dir string) string { return filepath.Join(dir, "fake.pem") }

// trust has the processes in a folder trust these certificates alone.
func trust(t *testing.T, dir string, certs []byte) {
	t.Helper()
	if err := os.WriteFile(trusted(dir), certs, 0o600); err != nil {
		t.Fatal(err)
	}
}

// categories are the rules of the processes in this file's tests.
func categories(t *testing.T, dir, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "categories.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A delivery is an entry of the mail log.
type delivery struct {
	ID             string     `json:"id"`
	NotificationID string     `json:"notification_id"`
	State          string     `json:"state"`
	Reason         string     `json:"reason"`
	MessageID      string     `json:"message_id"`
	NextAttemptAt  *time.Time `json:"next_attempt_at"`
	Attempts       []struct {
		Stage string `json:"stage"`
		Code  int    `json:"code"`
		Text  string `json:"text"`
	} `json:"attempts"`
}

// unsettled lists the mails that are queued or in doubt. What is queued is asked for twice: a mail in doubt that is tried again may
// be queued when those in doubt are listed, and in doubt when those queued are.
func (p *process) unsettled(ctx context.Context) (found []delivery, err error) {
	for _, state := range []string{"queued", "ambiguous", "queued"} {
		var list struct{ Results []delivery }
		err = errors.Join(err, p.get(ctx, "/api/v1/deliveries/?state="+state+"&channel=email", &list))
		found = append(found, list.Results...)
	}
	return found, err
}

// get reads one answer of the API.
func (p *process) get(ctx context.Context, path string, into any) error {
	status, text, err := p.call(ctx, http.MethodGet, path, apiKey, nil)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("GET %s: %d %s", path, status, text)
	}
	return json.Unmarshal(text, into)
}

// deliveries reads the whole mail log, newest first; a state narrows it.
func (p *process) deliveries(t *testing.T, state string) []delivery {
	t.Helper()
	var all []delivery
	for after := ""; ; {
		q := url.Values{"channel": {"email"}, "limit": {"100"}}
		if state != "" {
			q.Set("state", state)
		}
		if after != "" {
			q.Set("after", after)
		}
		var page struct {
			Results []delivery `json:"results"`
			Next    string     `json:"next"`
		}
		if err := p.get(t.Context(), "/api/v1/deliveries/?"+q.Encode(), &page); err != nil {
			t.Fatalf("%v\n%s", err, p.Output)
		}
		all = append(all, page.Results...)
		if after = page.Next; after == "" {
			return all
		}
	}
}

// delivery waits until the only mail of a notification is in a state.
func (p *process) delivery(t *testing.T, notification, state string) delivery {
	t.Helper()
	var d delivery
	p.until(t, "the mail is "+state, func() (bool, string) {
		var n struct {
			Deliveries []delivery `json:"deliveries"`
		}
		if err := p.get(t.Context(), "/api/v1/notifications/"+notification+"/", &n); err != nil {
			return false, err.Error()
		}
		for _, each := range n.Deliveries {
			if each.MessageID != "" || each.NextAttemptAt != nil || each.State == state {
				d = each
			}
		}
		return d.State == state, fmt.Sprintf("%+v", n.Deliveries)
	})
	return d
}

// until asks again until ok holds, for a time that only what is broken needs.
func (p *process) until(t *testing.T, what string, ok func() (bool, string)) {
	t.Helper()
	deadline := time.After(3 * patience) // a try after a lost answer may lie 20 s ahead
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for {
		holds, seen := ok()
		if holds {
			return
		}
		select {
		case <-tick.C:
		case <-p.Exited():
			t.Fatalf("%s: the program ended\n%s", what, p.Output)
		case <-deadline:
			t.Fatalf("%s: not in %v; last seen: %s\n%s", what, 3*patience, seen, p.Output)
		}
	}
}

// mailTo sends by mail alone and returns the notification's id.
func (p *process) mailTo(t *testing.T, category, title string, more map[string]any) string {
	t.Helper()
	id, err := p.tryMailTo(t.Context(), category, title, more)
	if err != nil {
		t.Fatalf("%v\n%s", err, p.Output)
	}
	return id
}

func (p *process) tryMailTo(ctx context.Context, category, title string, more map[string]any) (string, error) {
	body := map[string]any{
		"to": "42", "category": category, "title": title, "body": "Line one.\n.dot\n\n..two dots", "channels": []string{"email"},
		"email": map[string]string{"to": "ada@example.org"},
	}
	for k, v := range more {
		body[k] = v
	}
	status, text, err := p.call(ctx, http.MethodPost, sendPath, apiKey, must(json.Marshal(body)), "Content-Type", "application/json")
	if err != nil {
		return "", err
	}
	var a accepted
	if status != http.StatusCreated {
		return "", &refused{"mail " + title, status, text}
	}
	if err := json.Unmarshal(text, &a); err != nil || len(a.Notifications) != 1 {
		return "", fmt.Errorf("mail %s: %s: %w", title, text, err)
	}
	return a.Notifications[0].ID, nil
}
