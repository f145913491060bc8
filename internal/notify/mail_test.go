package notify_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/membus"
	"github.com/belfryhq/belfry/internal/notify"
	"github.com/belfryhq/belfry/storetest"
)

// An office is a service with an outbox that nobody works off.
type office struct {
	*testing.T
	*notify.Service
	store *storetest.Memory
	woken atomic.Int64
}

func newOffice(t *testing.T, rules belfry.Rules, letters notify.Letters) *office {
	t.Helper()
	o := &office{T: t, store: storetest.NewMemory()}
	var err error
	o.Service, err = notify.New(notify.Config{
		Store: o.store, Outbox: o.store, Bus: membus.New(), Rules: rules, Letters: letters, Wake: func() { o.woken.Add(1) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// mails claims all that is queued, due or not, and returns it.
func (o *office) mails() []belfry.Mail {
	o.Helper()
	mails := []belfry.Mail{}
	for _, class := range []belfry.MailClass{belfry.Urgent, belfry.Transactional, belfry.Bulk} {
		claimed, _, err := o.store.Claim(o.Context(), belfry.ClaimQuery{
			Order: []belfry.MailClass{class}, Limit: 100, Now: time.Now().UTC().Add(1000 * time.Hour), Lease: time.Hour,
		})
		if err != nil {
			o.Fatal(err)
		}
		mails = append(mails, claimed...)
	}
	return mails
}

// send sends to ada@example.com, and returns the mail.
func (o *office) send(change func(*belfry.Send)) belfry.Mail {
	o.Helper()
	s := &belfry.Send{To: belfry.ToUser("42"), Category: "order.assigned", Title: "t", Email: &belfry.EmailContent{To: "Ada <Ada@example.com>"}}
	change(s)
	if _, err := o.Send(o.Context(), s, notify.Once{}); err != nil {
		o.Fatal(err)
	}
	mails := o.mails()
	if len(mails) != 1 {
		o.Fatalf("got %d mails, want one", len(mails))
	}
	return mails[0]
}

func byMail(s *belfry.Send) { s.Channels = []belfry.Channel{belfry.InApp, belfry.Email} }

// The rules of a category decide when a mail leaves, before whom, until when, and what makes it unnecessary.
func TestMailPlans(t *testing.T) {
	t.Parallel()
	both := []belfry.Channel{belfry.InApp, belfry.Email}
	rules := belfry.Rules{
		"order":    {Channels: both, Delay: new(10 * time.Minute), Unless: new(belfry.UnlessRead)},
		"news":     {Channels: both, Class: new(belfry.Bulk), Policy: new(belfry.AtMostOnce), TTL: new(time.Hour)},
		"security": {Channels: both, Critical: new(true), Delay: new(time.Minute)},
	}
	type plan struct {
		Class      belfry.MailClass
		Unless     belfry.Unless
		AtMostOnce bool
		Thread     string
		Due, Life  time.Duration // from the send; from the due time
	}
	for _, row := range []struct {
		name   string
		change func(*belfry.Send)
		want   plan
	}{
		{"a category's rule", func(*belfry.Send) {}, plan{Unless: belfry.UnlessRead, Due: 10 * time.Minute, Life: 24 * time.Hour}},
		{
			"what the app calls critical does not wait", func(s *belfry.Send) { s.Priority = belfry.Critical },
			plan{Class: belfry.Urgent, Unless: belfry.UnlessRead, Life: 4 * time.Hour},
		},
		{"bulk", func(s *belfry.Send) { s.Category = "news" }, plan{Class: belfry.Bulk, AtMostOnce: true, Life: time.Hour}},
		{
			"critical bulk is urgent", func(s *belfry.Send) { s.Category, s.Priority = "news", belfry.Critical },
			plan{Class: belfry.Urgent, AtMostOnce: true, Life: time.Hour},
		},
		{
			"a critical category waits as it says", func(s *belfry.Send) { s.Category = "security.login" },
			plan{Class: belfry.Urgent, Due: time.Minute, Life: 4 * time.Hour},
		},
		{
			"no rule, but named channels", func(s *belfry.Send) { s.Category, s.Channels, s.DedupeKey = "chat", both, "room-7" },
			plan{Thread: "room-7", Life: 24 * time.Hour},
		},
		{
			"a thread of its own", func(s *belfry.Send) {
				s.Category, s.Channels, s.DedupeKey = "chat", both, "room-7"
				s.Email.Thread = "room-8"
			},
			plan{Thread: "room-8", Life: 24 * time.Hour},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(t, rules, nil)
				now := time.Now()
				m := o.send(row.change)
				p := m.Plan
				got := plan{p.Class, p.Unless, p.AtMostOnce, p.Thread, m.Delivery.NextAttemptAt.Sub(now), p.GiveUpAt.Sub(m.Delivery.NextAttemptAt)}
				if diff := cmp.Diff(row.want, got); diff != "" {
					t.Errorf("the plan (-want +got):\n%s", diff)
				}
				if m.Delivery.To != "Ada@example.com" || p.Content == nil || p.Content.To != "Ada <Ada@example.com>" || m.Delivery.Reason == "" {
					t.Errorf("got a mail to %q, content %+v, reason %q", m.Delivery.To, p.Content, m.Delivery.Reason)
				}
				if row.want.Class == belfry.Urgent && m.Notification.Priority != belfry.Critical {
					t.Errorf("the notification is %s, want critical", m.Notification.Priority)
				}
				if o.woken.Load() != 1 {
					t.Errorf("the worker was woken %d times, want once", o.woken.Load())
				}
			})
		})
	}
}

// A send that names its channels goes there, whatever the rule says.
func TestNamedChannelsWin(t *testing.T) {
	t.Parallel()
	o := newOffice(t, belfry.Rules{"order": {Channels: []belfry.Channel{belfry.Email}}}, nil)
	s := plain(belfry.ToUser("42"))
	s.Channels = []belfry.Channel{belfry.InApp}
	if _, err := o.Send(t.Context(), s, notify.Once{}); err != nil {
		t.Fatal(err)
	}
	if len(o.mails()) != 0 || o.woken.Load() != 0 {
		t.Errorf("a mail was queued, or the worker woken %d times for none", o.woken.Load())
	}
}

// A muted mail and one without an address are skipped with a reason; a critical one ignores the preferences.
func TestMailIsSkipped(t *testing.T) {
	t.Parallel()
	o := newOffice(t, belfry.Rules{"alarm": {Critical: new(true)}}, nil)
	if err := o.store.SetPreferences(t.Context(), "muted", belfry.Preferences{"*": {belfry.Email: false}}); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		user, address, category string
		want                    belfry.DeliveryState
	}{
		{"muted", "a@example.com", "order", belfry.Skipped},
		{"muted", "a@example.com", "alarm", belfry.Queued},
		{"42", "", "order", belfry.Skipped},
		{"42", "a@example.com", "order", belfry.Queued},
	} {
		s := &belfry.Send{To: belfry.ToUser(row.user), Category: row.category, Title: "t", Email: &belfry.EmailContent{To: row.address}}
		byMail(s)
		a, err := o.Send(t.Context(), s, notify.Once{})
		if err != nil {
			t.Fatal(err)
		}
		r, err := o.Receipt(t.Context(), a.ID)
		if err != nil {
			t.Fatal(err)
		}
		if d := r.Deliveries[len(r.Deliveries)-1]; d.Channel != belfry.Email || d.State != row.want || d.Reason == "" {
			t.Errorf("%s %s: got %+v, want %s", row.user, row.category, d, row.want)
		}
	}
}

// Rules change for the sends that follow, and bad ones change nothing.
func TestSetRules(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil, nil)
	if err := o.SetRules(belfry.Rules{"order": {Channels: []belfry.Channel{belfry.Email}, Class: new(belfry.Bulk)}}); err != nil {
		t.Fatal(err)
	}
	bad := belfry.Rules{"Order": {}, "order": {TTL: new(-time.Second)}}
	if err := o.SetRules(bad); err == nil || !strings.Contains(err.Error(), "Order") {
		t.Errorf("got %v for bad rules", err)
	}
	if m := o.send(func(*belfry.Send) {}); m.Plan.Class != belfry.Bulk {
		t.Errorf("got class %s, want what the good rules say", m.Plan.Class)
	}
	if _, err := notify.New(notify.Config{Store: o.store, Bus: membus.New(), Rules: bad}); err == nil {
		t.Error("New took bad rules")
	}
}

// To everyone, a category's mail is left out; one that is mail alone is refused.
func TestRulesAndBroadcasts(t *testing.T) {
	t.Parallel()
	o := newOffice(t, belfry.Rules{
		"news": {Channels: []belfry.Channel{belfry.InApp, belfry.Email}}, "letter": {Channels: []belfry.Channel{belfry.Email}},
	}, nil)
	send := func(category string, channels ...belfry.Channel) error {
		_, err := o.Send(t.Context(), &belfry.Send{To: belfry.ToAll(), Category: category, Title: "t", Channels: channels}, notify.Once{})
		return err
	}
	if err := send("news"); err != nil || o.woken.Load() != 0 {
		t.Errorf("got %v and %d wakes", err, o.woken.Load())
	}
	if err := send("letter", belfry.InApp); err != nil {
		t.Error(err)
	}
	wantField(t, send("letter"), "channels")
	wantField(t, send("news", belfry.InApp, belfry.Email), "channels[1]")
}

func wantField(t *testing.T, err error, field string) {
	t.Helper()
	e, ok := errors.AsType[*belfry.Error](err)
	if !ok || e.Code != belfry.CodeInvalid || len(e.Fields) != 1 || e.Fields[0].Field != field {
		t.Errorf("got %v, want a fault in %s", err, field)
	}
}

// words is a template for order.assigned.
type words struct {
	title string
	err   error
}

func (w words) Has(category string) bool           { return category == "order.assigned" }
func (w words) Title(*belfry.Send) (string, error) { return w.title, w.err }
func (w words) Check(s *belfry.Send) error {
	if w.Has(s.Category) {
		return w.err
	}
	return nil
}

// A template gives the title that the app left out; what the template cannot be filled in with is refused whole.
func TestTemplates(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil, words{title: "Order 1138 is yours"})
	m := o.send(func(s *belfry.Send) { s.Title = ""; byMail(s) })
	if m.Notification.Title != "Order 1138 is yours" {
		t.Errorf("got the title %q", m.Notification.Title)
	}
	o.send(func(s *belfry.Send) { byMail(s) })
	_, err := o.Send(t.Context(), &belfry.Send{To: belfry.ToUser("42"), Category: "chat"}, notify.Once{})
	wantField(t, err, "title")

	fault := errors.New(`order.assigned/body.html:7: .Data has no "total"`)
	o = newOffice(t, nil, words{title: "t", err: fault})
	bad := func() *belfry.Send {
		return &belfry.Send{To: belfry.ToUser("42"), Category: "order.assigned", Title: "t", Channels: []belfry.Channel{belfry.InApp, belfry.Email}}
	}
	_, err = o.Send(t.Context(), bad(), notify.Once{})
	wantField(t, err, "category")
	if !strings.Contains(err.Error(), `body.html:7: .Data has no "total"`) {
		t.Errorf("got %v, want file, line and name", err)
	}
	untitled := bad()
	untitled.Title = ""
	_, err = o.Send(t.Context(), untitled, notify.Once{})
	wantField(t, err, "category")
	good := bad()
	good.Category = "chat"
	results, err := o.Bulk(t.Context(), []*belfry.Send{bad(), good}, notify.Once{})
	if err != nil || results[0].Err == nil || results[1].Err != nil {
		t.Errorf("got %+v, %v; want the bad one refused alone", results, err)
	}
	page, err := o.List(t.Context(), belfry.ListQuery{User: "42", Limit: 10})
	if err != nil || len(page.Results) != 1 {
		t.Errorf("got %d notifications, %v; want nothing of the refused ones", len(page.Results), err)
	}
	inApp := bad()
	inApp.Channels = nil
	if _, err := o.Send(t.Context(), inApp, notify.Once{}); err != nil {
		t.Errorf("got %v for a send without mail", err)
	}
}

// A bulk wakes the worker once for each of its transactions that has mail.
func TestBulkWakes(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil, nil)
	var sends []*belfry.Send
	for range 10 {
		s := plain(belfry.ToUser("42"))
		byMail(s)
		sends = append(sends, s, plain(belfry.ToUser("43")))
	}
	if _, err := o.Bulk(t.Context(), sends, notify.Once{}); err != nil || o.woken.Load() != 1 {
		t.Errorf("got %v and %d wakes, want one", err, o.woken.Load())
	}
	if _, err := o.Bulk(t.Context(), sends[1:2], notify.Once{}); err != nil || o.woken.Load() != 1 {
		t.Errorf("got %v and %d wakes, want none for a bulk without mail", err, o.woken.Load())
	}
}

// Sending again wakes the worker, and a service without an outbox has no mail to show.
func TestRetryDelivery(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil, nil)
	m := o.send(byMail)
	if _, err := o.RetryDelivery(t.Context(), m.Delivery.ID); !errors.Is(err, belfry.Errorf(belfry.CodeConflict, "")) {
		t.Errorf("got %v, want a conflict", err)
	}
	suppressed := func() int {
		all, err := o.store.Suppressed(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	if err := o.store.Settle(t.Context(), m.Lease, belfry.Settlement{State: belfry.Failed, Reason: "r", Suppress: "no such user"}); err != nil {
		t.Fatal(err)
	}
	if suppressed() != 1 {
		t.Fatal("the address is not suppressed")
	}
	before := o.woken.Load()
	d, err := o.RetryDelivery(t.Context(), m.Delivery.ID)
	if err != nil || d.State != belfry.Queued || o.woken.Load() != before+1 {
		t.Errorf("got %+v, %v and %d wakes", d, err, o.woken.Load()-before)
	}
	if suppressed() != 0 {
		t.Error("the address that somebody wants tried is still suppressed")
	}
	bare, err := notify.New(notify.Config{Store: o.store, Bus: membus.New()})
	if err != nil {
		t.Fatal(err)
	}
	_, e1 := bare.Deliveries(t.Context(), belfry.DeliveryQuery{Limit: 1})
	_, _, e2 := bare.Delivery(t.Context(), d.ID)
	_, e3 := bare.RetryDelivery(t.Context(), d.ID)
	for _, err := range []error{e1, e2, e3} {
		if !errors.Is(err, belfry.ErrNotFound) {
			t.Errorf("got %v without an outbox", err)
		}
	}
}

// Who has had enough of a category gets none of what waits, but for what is critical, and everything else.
func TestUnsubscribeCancelsWhatWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		delay := 10 * time.Minute
		o := newOffice(t, belfry.Rules{belfry.AnyCategory: {Delay: &delay}}, nil)
		accepted := map[string]belfry.ID{}
		for name, change := range map[string]func(*belfry.Send){
			"order.assigned": func(*belfry.Send) {}, "order": func(*belfry.Send) {}, "news": func(*belfry.Send) {}, "parcel": func(*belfry.Send) {},
			"order.urgent": func(s *belfry.Send) { s.Priority = belfry.Critical },
		} {
			s := &belfry.Send{To: belfry.ToUser("42"), Category: name, Title: "t", Email: &belfry.EmailContent{To: "ada@example.com"}}
			byMail(s)
			change(s)
			a, err := o.Send(t.Context(), s, notify.Once{})
			if err != nil {
				t.Fatal(err)
			}
			accepted[name] = a.ID
		}
		if err := o.Unsubscribe(t.Context(), "42", "order", "news"); err != nil {
			t.Fatal(err)
		}
		want := map[string]belfry.DeliveryState{
			"order.assigned": belfry.Canceled, "order": belfry.Canceled, "news": belfry.Canceled, "parcel": belfry.Queued, "order.urgent": belfry.Queued,
		}
		for name, id := range accepted {
			r, err := o.store.Receipt(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			d := r.Deliveries[0]
			if d.State != want[name] || d.State == belfry.Canceled && d.Reason != "switched off by the person before it was sent" {
				t.Errorf("%s: got %s, %s; want %s", name, d.State, d.Reason, want[name])
			}
		}
		p, err := o.Preferences(t.Context(), "42")
		if diff := cmp.Diff(belfry.Preferences{"order": {belfry.Email: false}, "news": {belfry.Email: false}}, p); err != nil || diff != "" {
			t.Errorf("preferences, -want +got: %v\n%s", err, diff)
		}
	})
}
