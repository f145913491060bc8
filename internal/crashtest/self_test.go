package crashtest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// The audit must find what it is for: each case spoils a good world in one way.
func TestAuditFindsFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*ledger, *follower, *inbox)
		want  string
	}{
		"lost":               {func(_ *ledger, _ *follower, b *inbox) { b.rows = b.rows[1:] }, "is lost"},
		"twice":              {func(_ *ledger, _ *follower, b *inbox) { b.rows = append(b.rows, b.rows[0]) }, "listed twice"},
		"swapped":            {func(_ *ledger, _ *follower, b *inbox) { b.rows[0], b.rows[1] = b.rows[1], b.rows[0] }, "is listed above it"},
		"broadcasts swapped": {func(_ *ledger, _ *follower, b *inbox) { b.rows[3], b.rows[4] = b.rows[4], b.rows[3] }, "is listed above it"},
		"invented":           {func(l *ledger, _ *follower, _ *inbox) { delete(l.promises, "s2") }, "nobody sent it here"},
		"another's":          {func(l *ledger, _ *follower, _ *inbox) { l.promises["s2"].users = []string{"2"} }, "nobody sent it here"},
		"another id":         {func(l *ledger, _ *follower, _ *inbox) { l.promises["s2"].ids["1"] = "x" }, "was promised as x"},
		"retracted":          {func(l *ledger, _ *follower, _ *inbox) { l.promises["s2"].retracted = done }, "was retracted"},
		"unread again":       {func(l *ledger, _ *follower, _ *inbox) { l.marks[mark{"1", "id s2", "read"}] = done }, "was marked read, and is not"},
		"archived by nobody": {func(_ *ledger, _ *follower, b *inbox) { b.rows[0].ArchivedAt = &b.cursor }, "nobody marked it so"},
		"read by nobody":     {func(_ *ledger, _ *follower, b *inbox) { b.rows[0].ReadAt = &b.cursor }, "nobody marked it so"},
		"left by a sweep":    {func(l *ledger, _ *follower, _ *inbox) { l.sweeps["1"] = sweep{true, l.promises["s1"].ack + 1} }, "not read"},
		"wrong list counts":  {func(_ *ledger, _ *follower, b *inbox) { b.badge.Unread++ }, "the rows say"},
		"wrong counts":       {func(_ *ledger, _ *follower, b *inbox) { b.asked.Unseen-- }, "the rows say"},
		"never streamed":     {func(_ *ledger, f *follower, _ *inbox) { delete(f.created, "id s2") }, "never came"},
		"streamed twice":     {func(_ *ledger, f *follower, _ *inbox) { f.created["id s2"]++ }, "came 2 times"},
		"unknown twice":      {func(_ *ledger, f *follower, _ *inbox) { f.created["id never answered"] = 2 }, "came 2 times"},
		"streamed otherwise": {func(_ *ledger, f *follower, _ *inbox) { f.rows["id s2"] = "{}" }, "and the stream {}"},
		"left in the stream": {func(_ *ledger, f *follower, _ *inbox) { f.rows["id x"] = "{}" }, "the stream left 6"},
		"another cursor":     {func(_ *ledger, f *follower, _ *inbox) { f.cursor = "e-9-9" }, "the stream is at e-9-9"},
		"another badge":      {func(_ *ledger, f *follower, _ *inbox) { f.badge.Unread++ }, "the stream is at"},
		"what it saw before": {func(_ *ledger, f *follower, _ *inbox) { f.fault("seen before") }, "seen before"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, f, box := goodWorld()
			c.spoil(l, f, &box)
			if got := strings.Join(audit(l, f, box), "\n"); !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q in it", got, c.want)
			}
		})
	}
	l, f, box := goodWorld()
	if got := audit(l, f, box); len(got) > 0 {
		t.Errorf("the good world: got %v", got)
	}
}

// goodWorld has three sends to person 1, two broadcasts, and one send that was never answered and one that was retracted.
func goodWorld() (*ledger, *follower, inbox) {
	l, f := newLedger(), newFollower(&person{id: "1"}, nil)
	box := inbox{cursor: "e-3-2", badge: badge{5, 5}, asked: badge{5, 5}}
	f.cursor, f.badge = box.cursor, box.badge
	for i, title := range []string{"b1", "b2", "s1", "s2", "s3"} {
		p := &promise{title: title}
		l.begin(p)
		var a accepted
		a.ID = "id " + title
		if i > 1 {
			p.users = []string{"1"}
			a.Notifications = append(a.Notifications, struct {
				ID   string `json:"id"`
				User string `json:"user_id"`
			}{a.ID, "1"})
		}
		l.keep(p, a)
		r := row{ID: a.ID, Title: title, text: fmt.Sprintf("{%q}", title)}
		box.rows = append(box.rows, r)
		f.rows[r.ID], f.created[r.ID] = r.text, 1
	}
	slices.Reverse(box.rows)
	l.begin(&promise{title: "never answered", users: []string{"1"}})
	gone := &promise{title: "gone", users: []string{"1"}, retracted: done}
	l.begin(gone)
	l.keep(gone, accepted{})
	f.created["gone"] = 1
	return l, f, box
}

// So must a device of a fleet.
func TestDeviceFindsFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		heard []stamp
		whole bool
		fault string
	}{
		"all in order":   {[]stamp{{N: 1}, {N: 1, All: true}, {N: 2}}, true, ""},
		"lost":           {[]stamp{{N: 1}, {N: 1, All: true}}, false, ""},
		"a hole":         {[]stamp{{N: 2}}, false, "after 0"},
		"twice":          {[]stamp{{N: 1}, {N: 1}}, false, "after 1"},
		"out of order":   {[]stamp{{N: 1, All: true}, {N: 1}, {N: 2}, {N: 1}}, false, "after 2"},
		"never sent":     {[]stamp{{N: 1}, {N: 2}, {N: 3}}, false, "of 2 that were sent"},
		"from elsewhere": {[]stamp{{Lane: 7, N: 1}}, false, "of nobody"},
	} {
		f := new(fleet)
		f.lanes = []*lane{{fleet: f, all: 1, own: []int{2}}}
		d := &device{fleet: f, lifeline: lifeline{person: &person{id: "1"}, crowd: &f.crowd}, all: make([]int, 1), own: make([]int, 1)}
		for _, s := range c.heard {
			d.hear(s)
		}
		if got := strings.Join(f.faults, "\n"); d.whole() != c.whole || (c.fault == "") != (got == "") || !strings.Contains(got, c.fault) {
			t.Errorf("%s: got %q, whole %v", name, got, d.whole())
		}
	}
}
