package crashtest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/fakegmail"
)

// Behind 20,000 mails that nobody waits for, a critical one is the next to leave; so is a transactional one.
func TestUrgentMailOvertakes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fake, settings := fakeMail(t, dir, fakegmail.Options{Scenario: fakegmail.MustScenario("stall=dot:20ms")})
	categories(t, dir, "news: {class: bulk}\n")
	p := serve(t, dir, settings...)
	const backlog, each = 20_000, 1_000
	for n := range backlog / each {
		var items []map[string]any
		for i := range each {
			items = append(items, map[string]any{
				"to": fmt.Sprint(i), "category": "news", "title": fmt.Sprintf("news %d", n), "channels": []string{"email"},
				"email": map[string]string{"to": fmt.Sprintf("person-%d@example.org", i)},
			})
		}
		body := must(json.Marshal(map[string]any{"notifications": items}))
		status, text, err := p.call(t.Context(), http.MethodPost, bulkPath, apiKey, body, "Content-Type", "application/json")
		if err != nil || status != http.StatusOK || bytes.Contains(text, []byte(`"status":4`)) {
			t.Fatalf("bulk: %d %v %.300s", status, err, text)
		}
	}
	if _, err := fake.WaitFor(t.Context(), 20); err != nil { // the backlog flows
		t.Fatal(err)
	}
	for _, c := range []struct{ category, priority string }{{"security", "critical"}, {"order", "normal"}} {
		p.mailTo(t, c.category, "overtakes: "+c.category, map[string]any{"priority": c.priority})
		before := len(fake.Messages())
		place := 0
		p.until(t, c.category+" leaves", func() (bool, string) {
			all := fake.Messages()
			for _, m := range all[before:] {
				if bytes.Contains(m.Data, []byte("overtakes: "+c.category)) {
					place = m.Number - before
				}
			}
			return place > 0, fmt.Sprintf("%d mails, %d before", len(all), before)
		})
		t.Logf("%s: mail %d after its answer, before %d others", c.category, place, backlog-before)
		// One is on the wire, and one of eight may be bulk.
		if place > 3 {
			t.Errorf("a %s mail waited for %d others", c.priority, place-1)
		}
	}
	if left := backlog - len(fake.Messages()); left < backlog/2 {
		t.Errorf("there was no backlog: %d left", left)
	}
}

// A mail that waits is canceled by the click that reads its notification; one that nobody reads leaves in time.
func TestReadCancelsMail(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fake, settings := fakeMail(t, dir, fakegmail.Options{})
	categories(t, dir, "late: {channels: [in_app, email], email: {delay: 1h, unless: read}}\nsoon: {channels: [in_app, email], email: {delay: 500ms, unless: read}}\n")
	p := serve(t, dir, settings...)
	both := map[string]any{"channels": []string{"in_app", "email"}}
	read, left := p.mailTo(t, "late", "read", both), p.mailTo(t, "soon", "left", both)
	p.delivery(t, read, "queued")
	who := newPerson("42")
	status, text, err := p.call(t.Context(), http.MethodPatch, sendPath+read+"/", who.token, []byte(`{"read":true}`), "Content-Type", "application/json")
	if err != nil || status != http.StatusOK {
		t.Fatalf("read: %d %s %v", status, text, err)
	}
	if d := p.delivery(t, read, "canceled"); d.Reason != "read before it was sent" {
		t.Errorf("got the reason %q", d.Reason)
	}
	p.delivery(t, left, "sent")
	if n := len(fake.Messages()); n != 1 {
		t.Errorf("%d mails left, want the one that was not read", n)
	}
}

// When the answer to a whole mail is lost: at_least_once sends the same bytes again, and says so; at_most_once stops, until
// somebody decides.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		policy string
		copies int
		state  string
		reason string
	}{
		{"at_least_once", 2, "sent", "may have arrived twice"},
		{"at_most_once", 1, "ambiguous", "at_most_once"},
	} {
		t.Run(c.policy, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			fake, settings := fakeMail(t, dir, fakegmail.Options{Scenario: fakegmail.MustScenario("nth=1:reset=after-dot")})
			categories(t, dir, `"*": {email: {policy: `+c.policy+`}}`)
			p := serve(t, dir, settings...)
			id := p.mailTo(t, "order", "lost", nil)
			d := p.delivery(t, id, c.state)
			copies := fake.Messages()
			if len(copies) != c.copies || !strings.Contains(d.Reason, c.reason) {
				t.Fatalf("%d copies; %+v", len(copies), d)
			}
			if c.copies == 2 {
				if !bytes.Equal(copies[0].Data, copies[1].Data) {
					t.Errorf("the copies differ:\n%s\n%s", copies[0].Data, copies[1].Data)
				}
				return
			}
			status, text, err := p.call(t.Context(), http.MethodPost, "/api/v1/deliveries/"+d.ID+"/retry/", apiKey, nil)
			if err != nil || status != http.StatusOK {
				t.Fatalf("retry: %d %s %v", status, text, err)
			}
			p.delivery(t, id, "sent")
			if copies := fake.Messages(); len(copies) != 2 || !bytes.Equal(copies[0].Data, copies[1].Data) {
				t.Errorf("%d copies after the retry, or they differ", len(copies))
			}
		})
	}
}

// A reached limit parks the account: mail stays, uses up no tries and says why, and everything else goes on.
func TestQuotaParks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fake, settings := fakeMail(t, dir, fakegmail.Options{Scenario: fakegmail.MustScenario("quota=3/24h")})
	p := serve(t, dir, settings...)
	var ids []string
	for n := range 6 {
		ids = append(ids, p.mailTo(t, "order", fmt.Sprintf("mail %d", n), nil))
	}
	if _, err := fake.WaitFor(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	p.parked(t)
	sent := 0
	for _, d := range p.deliveries(t, "") {
		switch d.State {
		case "sent":
			sent++
		case "queued":
			if d.NextAttemptAt == nil || !d.NextAttemptAt.After(time.Now().Add(-time.Minute)) {
				t.Errorf("a mail waits for nothing: %+v", d)
			}
		default:
			t.Errorf("got %+v", d)
		}
	}
	if sent != 3 || len(fake.Messages()) != 3 {
		t.Errorf("%d sent, %d came, want 3", sent, len(fake.Messages()))
	}
	send(t, p, "the bell goes on", http.StatusCreated)
	if err := p.get(t.Context(), sendPath+ids[5]+"/", &struct{}{}); err != nil {
		t.Error(err)
	}

	// After a restart the account is still parked: nobody is asked.
	dialogues := fake.Connections()
	p.kill(t)
	p = serve(t, dir, settings...)
	p.mailTo(t, "order", "after the restart", nil)
	p.parked(t)
	if n := fake.Connections(); n != dialogues {
		t.Errorf("%d more connections after the restart", n-dialogues)
	}
}

// parked waits until the account is shown as parked.
func (p *process) parked(t *testing.T) {
	t.Helper()
	p.until(t, "the account is parked", func() (bool, string) {
		_, text, err := p.call(t.Context(), http.MethodGet, "/metrics", "", nil)
		return err == nil && bytes.Contains(text, []byte(`belfry_mail_account_parked{account="`+mailUser+`"} 1`)), lines(text, "belfry_mail")
	})
}

// lines are those of a text that hold a word.
func lines(text []byte, word string) string {
	var b strings.Builder
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, word) && !strings.HasPrefix(line, "#") {
			b.WriteString(line)
		}
	}
	return b.String()
}
