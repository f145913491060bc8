package mailtest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/fakegmail"
	"github.com/belfryhq/belfry/server"
	"github.com/belfryhq/belfry/smtpmail"
	"github.com/belfryhq/belfry/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const apiKey = "bf_the-key-of-the-mail-test"

// quota is what the account is thought to take in a day: a fifth of Gmail's, for tests that are five times as fast.
const quota = 100

// A world is a server with an account at a fake Gmail. It is made in a bubble of virtual time and ends with its test.
type world struct {
	t       *testing.T
	fake    *fakegmail.Server
	network *pipes
	store   belfry.Store
	rules   belfry.Rules
	server  *server.Server
	began   time.Time
}

func newWorld(t *testing.T, scenario string, rules belfry.Rules) *world {
	t.Helper()
	network := newPipes()
	fake, err := fakegmail.Start(t.Context(), fakegmail.Options{Listener: network, Scenario: fakegmail.MustScenario(scenario)})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, fake: fake, network: network, store: storetest.NewMemory(), rules: rules, began: time.Now()}
	t.Cleanup(func() {
		if err := fake.Close(); err != nil {
			t.Error(err)
		}
	})
	w.server = w.node()
	return w
}

// node opens a server on the world's store, with an account of its own at the fake Gmail, which is the same account.
func (w *world) node() *server.Server {
	w.t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	carrier, err := smtpmail.New(smtpmail.Config{
		State: w.store, Logger: quiet, Dial: w.network.dial,
		Accounts: []smtpmail.Account{{
			Name: "shop", Host: "smtp.gmail.com", User: "shop@gmail.com", Secret: "tvnq rkzw mxhb djfy", HelloName: "bell.example.com", RootCAs: w.fake.CertPool(),
			Quota: quota,
		}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	s, err := server.New(server.Config{
		Store: w.store, Carrier: carrier, From: "Shop <shop@gmail.com>", Rules: w.rules, Logger: quiet, Keys: []server.APIKey{{Name: "test", Secret: apiKey}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := errors.Join(s.Close(ctx), carrier.Close()); err != nil {
			w.t.Error(err)
		}
	})
	return s
}

// ask makes one request.
func (w *world) ask(method, path string, body, into any) {
	w.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	r := httptest.NewRequest(method, path, bytes.NewReader(text)).WithContext(w.t.Context())
	r.Header.Set("Authorization", "Bearer "+apiKey)
	r.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	w.server.ServeHTTP(answer, r)
	if answer.Code >= http.StatusBadRequest {
		w.t.Fatalf("%s %s: %d %s", method, path, answer.Code, answer.Body)
	}
	if err := json.Unmarshal(answer.Body.Bytes(), into); err != nil {
		w.t.Fatalf("%s %s: %v in %s", method, path, err, answer.Body)
	}
}

// send sends n mails of a category.
func (w *world) send(n int, category, priority string) {
	w.t.Helper()
	for n > 0 {
		var items []map[string]any
		for range min(n, 500) {
			items = append(items, map[string]any{
				"to": "42", "category": category, "title": category, "priority": priority, "channels": []string{"email"},
				"email": map[string]string{"to": fmt.Sprintf("person-%d@example.org", n)},
			})
			n--
		}
		var answer struct {
			Results []struct {
				Status int `json:"status"`
			} `json:"results"`
		}
		w.ask(http.MethodPost, "/api/v1/notifications/bulk/", map[string]any{"notifications": items}, &answer)
		for _, r := range answer.Results {
			if r.Status != http.StatusCreated {
				w.t.Fatalf("a send was answered %d", r.Status)
			}
		}
	}
}

// A delivery is an entry of the mail log.
type delivery struct {
	ID       string `json:"id"`
	State    string `json:"state"`
	Reason   string `json:"reason"`
	Attempts []struct {
		Code int `json:"code"`
	} `json:"attempts"`
}

// log reads the mail log.
func (w *world) log() []delivery {
	w.t.Helper()
	var all []delivery
	for after := ""; ; {
		path := "/api/v1/deliveries/?channel=email&limit=100"
		if after != "" {
			path += "&after=" + after
		}
		var page struct {
			Results []delivery `json:"results"`
			Next    string     `json:"next"`
		}
		w.ask(http.MethodGet, path, nil, &page)
		all = append(all, page.Results...)
		if after = page.Next; after == "" {
			return all
		}
	}
}

// states counts the mails by state.
func (w *world) states() map[string]int {
	w.t.Helper()
	count := map[string]int{}
	for _, d := range w.log() {
		count[d.State]++
	}
	return count
}

// pass lets virtual time pass.
func (w *world) pass(d time.Duration) {
	w.t.Helper()
	select {
	case <-time.After(d):
	case <-w.t.Context().Done():
		w.t.Fatal(w.t.Context().Err())
	}
}

// arrivals waits for n mails, of which each must be another, and returns when they came.
func (w *world) arrivals(n int) []fakegmail.Message {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 10*24*time.Hour)
	defer cancel()
	got, err := w.fake.WaitFor(ctx, n)
	if err != nil {
		w.t.Fatalf("%v; %v", err, w.states())
	}
	seen := map[string]bool{}
	for _, m := range got {
		if seen[m.MessageID] {
			w.t.Errorf("%s came twice", m.MessageID)
		}
		seen[m.MessageID] = true
	}
	return got
}

// said counts the lines of the dialogue that hold a text.
func (w *world) said(text string) int {
	n := 0
	for _, e := range w.fake.Events() {
		if bytes.Contains([]byte(e.Text), []byte(text)) {
			n++
		}
	}
	return n
}
