package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
)

const deliveriesPath = "/api/v1/deliveries/"

type delivery struct {
	ID             string
	NotificationID string  `json:"notification_id"`
	UserID         *string `json:"user_id"`
	Channel        string
	To             string
	State          string
	Reason         string
	MessageID      string  `json:"message_id"`
	NextAttemptAt  *string `json:"next_attempt_at"`
	Attempts       []struct {
		Stage string
		Code  int
		Text  string
	}
}

type deliveryPage struct {
	Results []delivery
	Next    *string
}

func (w *world) deliveries(query string) deliveryPage {
	w.Helper()
	return into[deliveryPage](w, w.want(200, w.do("GET", deliveriesPath+query, nil, asApp)))
}

// mailTo sends a notification by mail alone and returns its delivery.
func (w *world) mailTo(user, address string) delivery {
	w.Helper()
	sent := w.send(map[string]any{"to": user, "channels": []string{"email"}, "email": map[string]any{"to": address}})
	for _, d := range w.deliveries("?user_id=" + escape(user)).Results {
		if d.NotificationID == sent.ID {
			return d
		}
	}
	w.Fatalf("the mail of %s is not listed", sent.ID)
	return delivery{}
}

// work settles every mail that is due.
func (w *world) work(message string, s belfry.Settlement) {
	w.Helper()
	mails, _, err := w.outbox.Claim(w.Context(), belfry.ClaimQuery{
		Order: []belfry.MailClass{belfry.Transactional}, Limit: 100, Now: time.Now().UTC().Add(time.Second), Lease: time.Hour,
	})
	if err != nil {
		w.Fatal(err)
	}
	for _, m := range mails {
		if message != "" {
			if err := w.outbox.Prepare(w.Context(), m.Lease, "1@example.com", []byte(message)); err != nil {
				w.Fatal(err)
			}
		}
		if err := w.outbox.Settle(w.Context(), m.Lease, s); err != nil {
			w.Fatal(err)
		}
	}
}

func TestDeliveries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if p := w.deliveries(""); len(p.Results) != 0 || p.Next != nil {
		t.Errorf("got %+v of a new server", p)
	}
	w.want(200, w.do("PUT", "/api/v1/notifications/preferences/", `{"categories":{"*":{"in_app":false}}}`, asUser("muted")))
	w.send(map[string]any{"to": "muted"})
	w.send(map[string]any{"to": "plain"}) // it is derived, and not listed
	w.mailTo("a/b", "first@example.com")
	w.work("", belfry.Settlement{
		State: belfry.Failed, Reason: "no such user", Attempt: &belfry.Attempt{At: time.Now().UTC(), Stage: "rcpt", Code: 550, EnhancedCode: "5.1.1", Text: "who?"},
	})
	for i := range 5 {
		w.mailTo("42", fmt.Sprintf("mail-%d@example.com", i))
	}
	for query, want := range map[string]int{
		"": 7, "?state=queued": 5, "?state=failed": 1, "?state=skipped": 1, "?state=sent": 0, "?channel=email": 6, "?channel=in_app": 1,
		"?user_id=42": 5, "?user_id=a%2Fb": 1, "?user_id=nobody": 0, "?user_id=42&state=queued&channel=email": 5, "?state=&limit=": 7,
	} {
		if got := len(w.deliveries(query).Results); got != want {
			t.Errorf("%s: got %d, want %d", query, got, want)
		}
	}
	d := w.deliveries("?state=failed").Results[0]
	if d.To != "first@example.com" || d.Reason != "no such user" || *d.UserID != "a/b" || len(d.Attempts) != 1 || d.Attempts[0].Code != 550 {
		t.Errorf("got %+v", d)
	}
	var seen []string
	for next := ""; ; {
		page := w.deliveries("?user_id=42&limit=2&after=" + next)
		for _, d := range page.Results {
			seen = append(seen, d.To)
		}
		if page.Next == nil {
			break
		}
		next = *page.Next
	}
	if got := strings.Join(seen, " "); got != "mail-4@example.com mail-3@example.com mail-2@example.com mail-1@example.com mail-0@example.com" {
		t.Errorf("walked %s", got)
	}
}

func TestDeliveriesRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for query, field := range map[string]string{
		"?state=gone": "state", "?channel=sms": "channel", "?limit=0": "limit", "?limit=201": "limit", "?after=7": "after",
		"?user_id=%01": "user_id", "?before=x": "before", "?state=sent&state=sent": "state",
	} {
		p := into[problem](w, w.want(422, w.do("GET", deliveriesPath+query, nil, asApp)))
		if p.fields() != field {
			t.Errorf("%s: got fields %s, want %s", query, p.fields(), field)
		}
	}
}

// One delivery, its mail as a file, and sending it again.
func TestDelivery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.mailTo("42", "Ada <ada@example.com>")
	path := deliveriesPath + d.ID
	if d.State != "queued" || d.To != "ada@example.com" || d.NextAttemptAt == nil {
		t.Errorf("got %+v, want it queued to the bare address", d)
	}
	w.want(404, w.do("GET", path+"/message/", nil, asApp))
	if p := into[problem](w, w.want(409, w.do("POST", path+"/retry/", nil, asApp))); !strings.Contains(p.Detail, "queued") {
		t.Errorf("got %q, want it to say that the mail is queued already", p.Detail)
	}
	const message = "Subject: <script>\r\n\r\nhello\r\n"
	w.work(message, belfry.Settlement{State: belfry.Captured, Reason: "no mail server is set"})
	if got := into[delivery](w, w.want(200, w.do("GET", path, nil, asApp))); got.State != "captured" || got.MessageID != "1@example.com" {
		t.Errorf("got %+v", got)
	}
	a := w.want(200, w.do("GET", path+"/message/", nil, asApp))
	if a.body != message || a.Header.Get("Content-Type") != "message/rfc822" ||
		a.Header.Get("Content-Disposition") != `attachment; filename="`+d.ID+`.eml"` || a.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("got %q with %v", a.body, a.Header)
	}
	if got := into[delivery](w, w.want(200, w.do("POST", path+"/retry/", `{}`, asApp))); got.State != "queued" || got.NextAttemptAt == nil {
		t.Errorf("got %+v, want it queued again", got)
	}
	if a := w.want(200, w.do("GET", path+"/message/", nil, asApp)); a.body != message {
		t.Errorf("got %q after the retry, want the bytes as they were", a.body)
	}
	w.want(422, w.do("POST", path+"/retry/", `{"now":true}`, asApp))
	w.want(204, w.do("DELETE", "/api/v1/notifications/"+d.NotificationID, nil, asApp))
	if got := w.do("POST", path+"/retry/", nil, asApp).StatusCode; got != 409 && got != 404 {
		t.Errorf("got %d for the mail of a retracted notification", got)
	}
	for _, id := range []string{unknownID, "7", d.NotificationID} {
		w.want(404, w.do("GET", deliveriesPath+id, nil, asApp))
		w.want(404, w.do("GET", deliveriesPath+id+"/message/", nil, asApp))
		w.want(404, w.do("POST", deliveriesPath+id+"/retry/", nil, asApp))
	}
}
