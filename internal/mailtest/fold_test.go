package mailtest_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A person gets more mail than Gmail lets a mailbox receive: after its pause what waited comes as one mail, and the mail log
// says of each notification with which mail it went.
func TestMailboxFloodIsFolded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "first=1:to=flooded@example.org:too-quickly", patient())
		w.flood(1)
		w.pass(time.Minute) // it was refused by now, and the mailbox is left alone
		w.flood(40)
		w.send(1, "order", "normal")
		w.pass(2 * time.Minute)
		if got := w.states(); got["sent"] != 1 || got["queued"] != 41 {
			t.Errorf("while the mailbox rests: got %v, want all but one to wait", got)
		}
		got := w.arrivals(3)
		w.pass(time.Hour)
		if n := len(w.fake.Messages()); n != 3 {
			t.Errorf("%d mails came, want that of somebody else, the first, and one for forty", n)
		}
		var digest []byte
		for _, m := range got {
			if strings.Contains(m.MessageID, ".folded@") {
				_, digest, _ = bytes.Cut(m.Data, []byte("\r\n\r\n"))
			}
		}
		for i := range 40 {
			if title := fmt.Sprintf("flood %d-%d.", 40, i); bytes.Count(digest, []byte(title)) < 2 { // in the text and the page
				t.Fatalf("the mail does not tell of %q:\n%s", title, digest)
			}
		}
		with := 0
		for _, d := range w.log() {
			if d.State != "sent" {
				t.Errorf("got %+v", d)
			}
			if strings.HasPrefix(d.Reason, "went with ") && strings.HasSuffix(d.Reason, "; one mail tells of 40 notifications") {
				with++
			}
		}
		if with != 39 {
			t.Errorf("%d went with another, want 39", with)
		}
	})
}

// flood sends n mails to one person.
func (w *world) flood(n int) {
	w.t.Helper()
	var items []map[string]any
	for i := range n {
		items = append(items, map[string]any{
			"to": "7", "category": "order", "title": fmt.Sprintf("flood %d-%d.", n, i), "channels": []string{"email"}, "email": map[string]string{"to": "flooded@example.org"},
		})
	}
	var answer struct{ Results []struct{ Status int } }
	w.ask(http.MethodPost, "/api/v1/notifications/bulk/", map[string]any{"notifications": items}, &answer)
}
