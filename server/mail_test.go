package server_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/server"
)

// A van carries mail at once, unless it is stalled.
type van struct {
	mu      sync.Mutex
	letters []belfry.Letter
	stalled bool
	begun   chan struct{} // gets a word for each letter begun, as far as it has room
}

func newVan() *van { return &van{begun: make(chan struct{}, 1000)} }

func (v *van) Carry(ctx context.Context, l belfry.Letter, commit func(context.Context, string) error) belfry.Outcome {
	v.begun <- struct{}{}
	if v.stalled {
		<-ctx.Done()
		return belfry.Outcome{Verdict: belfry.Deferred, Fault: belfry.FaultConnection, Reason: "the server says nothing"}
	}
	if err := commit(ctx, "van"); err != nil {
		return belfry.Outcome{Verdict: belfry.Deferred, Reason: err.Error()}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.letters = append(v.letters, l)
	return belfry.Outcome{
		Verdict: belfry.Delivered, Counts: true, Account: "van",
		Attempt: &belfry.Attempt{At: time.Now().UTC().Truncate(time.Millisecond), Stage: "dot", Code: 250, Text: "2.0.0 OK 1138"},
	}
}

func (*van) Ready(now time.Time, _ belfry.MailClass) (bool, time.Time, string) { return true, now, "" }

func (*van) Accounts(time.Time) []belfry.AccountStatus {
	return []belfry.AccountStatus{{Name: "van", State: "ready", Quota: 500, QuotaLeft: 321, Sent: 7}}
}

func (*van) Close() error { return nil }

// mailed waits until the mail of a notification has left the queue, and returns its delivery.
func mailed(t *testing.T, url, notification string) (d struct{ ID, State, Reason string }) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	end := time.After(10 * time.Second)
	for {
		_, _, body := do(t, http.MethodGet, url+"/api/v1/notifications/"+notification+"/", "")
		var r struct {
			Deliveries []struct{ ID, Channel, State, Reason string }
		}
		if err := json.Unmarshal([]byte(body), &r); err != nil {
			t.Fatalf("%v: %s", err, body)
		}
		for _, m := range r.Deliveries {
			if m.Channel == "email" && m.State != "queued" {
				d.ID, d.State, d.Reason = m.ID, m.State, m.Reason
				return d
			}
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("the mail is still queued: %s", body)
		}
	}
}

func sendMail(t *testing.T, url, fields string) string {
	t.Helper()
	status, _, body := do(t, http.MethodPost, url+"/api/v1/notifications/",
		`{"to":"42","category":"order.assigned","title":"Order 1138 is yours","email":{"to":"ada@example.com"}`+fields+`}`)
	if status != http.StatusCreated {
		t.Fatalf("got %d %s", status, body)
	}
	var a struct{ ID string }
	if err := json.Unmarshal([]byte(body), &a); err != nil {
		t.Fatal(err)
	}
	return a.ID
}

const both = `,"channels":["in_app","email"]`

// Without a carrier a mail is rendered and kept, and can be downloaded.
func TestMailIsCaptured(t *testing.T) {
	t.Parallel()
	_, url := start(t, config(open(t)))
	d := mailed(t, url, sendMail(t, url, both))
	if d.State != "captured" {
		t.Fatalf("got %+v", d)
	}
	status, header, message := do(t, http.MethodGet, url+"/api/v1/deliveries/"+d.ID+"/message/", "")
	if status != http.StatusOK || header.Get("Content-Type") != "message/rfc822" || !strings.Contains(message, "Order 1138 is yours") ||
		!strings.Contains(message, "\r\nTo: ") || strings.Contains(strings.ReplaceAll(message, "\r\n", ""), "\n") {
		t.Errorf("got %d %v:\n%s", status, header, message)
	}
}

// With one it leaves, and its bytes are those that are stored; the metrics tell.
func TestMailLeaves(t *testing.T) {
	t.Parallel()
	v := newVan()
	cfg := config(open(t))
	cfg.Carrier, cfg.From, cfg.PublicURL = v, "Shop <bell@shop.example>", "https://bell.shop.example"
	srv, url := start(t, cfg)
	d := mailed(t, url, sendMail(t, url, both))
	if d.State != "sent" || d.Reason == "" {
		t.Fatalf("got %+v", d)
	}
	_, _, stored := do(t, http.MethodGet, url+"/api/v1/deliveries/"+d.ID+"/message/", "")
	if len(v.letters) != 1 || string(v.letters[0].Message) != stored || v.letters[0].From != "bell@shop.example" || v.letters[0].To != "ada@example.com" {
		t.Errorf("got %+v, want what is stored", v.letters)
	}
	_, _, metrics := do(t, http.MethodGet, url+"/metrics", "")
	for _, want := range []string{
		`belfry_mail_settled_total{class="transactional",state="sent"} 1`, `belfry_mail_under_way 0`, `belfry_mail_account_quota_left{account="van"} 321`,
		`belfry_mail_account_parked{account="van"} 0`, `belfry_mail_account_sent_total{account="van"} 7`, "belfry_mail_waiting_seconds 0",
		`belfry_mail_queued{class="transactional"} 0`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	if a := srv.MailAccounts(); len(a) != 1 || a[0].Name != "van" {
		t.Errorf("got accounts %+v", a)
	}
}

// A mail server that says nothing holds up no request, no stream, and no closing beyond its time.
func TestStalledMailServer(t *testing.T) {
	t.Parallel()
	v := newVan()
	v.stalled = true
	cfg := config(open(t))
	cfg.Carrier, cfg.From = v, "bell@shop.example"
	srv, err := server.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	url := serve(t, srv)
	events := listen(t, url, "42")
	const mails = 50
	slowest := time.Duration(0)
	for range mails {
		begun := time.Now()
		sendMail(t, url, both)
		if e := next(t, events); e.Name != "message" {
			t.Fatalf("got %+v, want the notification", e)
		}
		if e := next(t, events); e.Name != "counts" {
			t.Fatalf("got %+v, want the counts", e)
		}
		slowest = max(slowest, time.Since(begun))
	}
	<-v.begun // at least one is stuck
	if slowest > 2*time.Second {
		t.Errorf("a send and its stream took %v", slowest)
	}
	if _, _, metrics := do(t, http.MethodGet, url+"/metrics", ""); !strings.Contains(metrics, `belfry_mail_queued{class="transactional"} 50`) {
		t.Error("the metrics do not tell of 50 queued mails")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	begun := time.Now()
	if err := srv.Close(ctx); err != nil {
		t.Errorf("close: %v", err)
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("closing took %v", took)
	}
	page, err := cfg.Store.Deliveries(t.Context(), belfry.DeliveryQuery{State: belfry.Queued, Limit: 2 * mails})
	if err != nil || len(page.Results) != mails {
		t.Errorf("got %d mails queued, %v; want all %d kept", len(page.Results), err, mails)
	}
}

// Rules and templates hold from the start, and rules can be changed.
func TestRulesAndTemplates(t *testing.T) {
	t.Parallel()
	cfg := config(open(t))
	bulk := belfry.Bulk
	cfg.Rules = belfry.Rules{"order": {Channels: []belfry.Channel{belfry.InApp, belfry.Email}, Class: &bulk}}
	cfg.Templates = fstest.MapFS{
		"order/subject.txt": {Data: []byte("Order {{.Data.order}} is yours\n")},
		"order/body.html":   {Data: []byte("<p>Due\non {{.Data.due}}</p>\n")},
	}
	srv, url := start(t, cfg)
	status, _, body := do(t, http.MethodPost, url+"/api/v1/notifications/",
		`{"to":"42","category":"order.assigned","email":{"to":"ada@example.com"},"data":{"order":1138}}`)
	if status != http.StatusUnprocessableEntity || !strings.Contains(body, "order/body.html:2") || !strings.Contains(body, "due") {
		t.Errorf("got %d %s, want the missing variable with file and line", status, body)
	}
	status, _, body = do(t, http.MethodPost, url+"/api/v1/notifications/",
		`{"to":"42","category":"order.assigned","email":{"to":"ada@example.com"},"data":{"order":1138,"due":"Friday"}}`)
	var a struct{ ID string }
	if err := json.Unmarshal([]byte(body), &a); err != nil || status != http.StatusCreated {
		t.Fatalf("got %d %s", status, body)
	}
	_, _, receipt := do(t, http.MethodGet, url+"/api/v1/notifications/"+a.ID+"/", "")
	if !strings.Contains(receipt, `"title":"Order 1138 is yours"`) {
		t.Errorf("got %s, want the subject as the title", receipt)
	}
	if d := mailed(t, url, a.ID); d.State != "captured" {
		t.Errorf("got %+v", d)
	}
	if err := srv.SetRules(belfry.Rules{"Order": {}}); err == nil {
		t.Error("bad rules were taken")
	}
	if err := srv.SetRules(nil); err != nil {
		t.Error(err)
	}
	id := sendMail(t, url, `,"data":{"order":1,"due":"now"}`)
	if _, _, receipt := do(t, http.MethodGet, url+"/api/v1/notifications/"+id+"/", ""); strings.Contains(receipt, `"channel":"email"`) {
		t.Errorf("got %s, want no mail after the rules went", receipt)
	}
}

// What cannot be is refused at the start, by name.
func TestMailConfiguration(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*server.Config){
		"From":  func(c *server.Config) { c.Carrier = newVan() },
		"rules": func(c *server.Config) { c.Rules = belfry.Rules{"Order": {}} },
		"order/body.html:2": func(c *server.Config) {
			c.Templates = fstest.MapFS{"order/body.html": {Data: []byte("<p>\n{{.Oops")}}
		},
		"shop.example": func(c *server.Config) { c.PublicURL = "shop.example" },
	} {
		cfg := config(open(t))
		change(&cfg)
		if _, err := server.New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to name %s", err, want)
		}
	}
}
