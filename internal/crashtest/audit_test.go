package crashtest_test

import "fmt"

// audit compares what one person was promised with what their list and their stream say, at a moment when nobody writes
// and the stream has caught up. It returns what is wrong.
func audit(l *ledger, f *follower, box inbox) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	a := &auditor{ledger: l, user: f.id, listed: map[string]row{}}
	a.promised(box)
	a.order(box)
	a.counts(box)
	a.stream(f, box)
	a.faults = append(a.faults, f.faults...)
	return a.faults
}

type auditor struct {
	ledger *ledger
	user   string
	listed map[string]row // by title
	faults []string
}

func (a *auditor) fault(format string, args ...any) {
	a.faults = append(a.faults, a.user+": "+fmt.Sprintf(format, args...))
}

// promised checks that what was promised is in the list once, and nothing that nobody sent.
func (a *auditor) promised(box inbox) {
	ids := map[string]bool{}
	for _, r := range box.rows {
		p := a.ledger.promises[r.Title]
		if _, twice := a.listed[r.Title]; twice || ids[r.ID] {
			a.fault("%q (%s) is listed twice", r.Title, r.ID)
		}
		a.listed[r.Title], ids[r.ID] = r, true
		switch {
		case p == nil || !p.isFor(a.user):
			a.fault("%q is listed, and nobody sent it here", r.Title)
		case p.retracted == done:
			a.fault("%q is listed, and was retracted", r.Title)
		case p.acked() && a.idOf(p) != r.ID:
			a.fault("%q is listed as %s, and was promised as %s", r.Title, r.ID, a.idOf(p))
		}
		a.states(r, p)
	}
	for title, p := range a.ledger.promises {
		if _, ok := a.listed[title]; !ok && p.acked() && p.isFor(a.user) && p.retracted == never {
			a.fault("%q (%s) was promised, and is lost", title, a.idOf(p))
		}
	}
}

// states checks that what was marked is marked, and nothing else.
func (a *auditor) states(r row, p *promise) {
	swept := a.ledger.sweeps[a.user]
	for state, at := range map[string]*string{"read": r.ReadAt, "seen": r.SeenAt, "archived": r.ArchivedAt} {
		did := a.ledger.marks[mark{a.user, r.ID, state}]
		if did == done && at == nil {
			a.fault("%q was marked %s, and is not", r.Title, state)
		}
		if did == never && at != nil && (state != "read" || !swept.asked) {
			a.fault("%q is %s, and nobody marked it so", r.Title, state)
		}
	}
	if p != nil && p.acked() && p.ack < swept.done && r.ReadAt == nil && r.ArchivedAt == nil {
		a.fault("%q was there when all was marked as read, and is not read", r.Title)
	}
}

func (a *auditor) idOf(p *promise) string {
	if p.users == nil {
		return p.id
	}
	return p.ids[a.user]
}

// order checks each log by itself: what was answered before another send began stands below it. Between the two logs,
// the clock decides, which is not this test's.
func (a *auditor) order(box inbox) {
	var own, all *promise // of those below, the one that began last
	for i := len(box.rows) - 1; i >= 0; i-- {
		p := a.ledger.promises[box.rows[i].Title]
		if p == nil {
			continue
		}
		last := &own
		if p.users == nil {
			last = &all
		}
		if *last != nil && p.acked() && p.ack < (*last).start {
			a.fault("%q was answered before %q began, and is listed above it", p.title, (*last).title)
		}
		if *last == nil || p.start > (*last).start {
			*last = p
		}
	}
}

func (a *auditor) counts(box inbox) {
	var want badge
	for _, r := range box.rows {
		if r.ArchivedAt == nil && r.ReadAt == nil {
			want.Unread++
		}
		if r.ArchivedAt == nil && r.SeenAt == nil {
			want.Unseen++
		}
	}
	if box.badge != want || box.asked != want {
		a.fault("the rows say %+v, the list %+v, the counts %+v", want, box.badge, box.asked)
	}
}

// stream checks that everything listed came as new exactly once, nothing came twice, and that what the stream told in
// the end is what the list tells.
func (a *auditor) stream(f *follower, box inbox) {
	for id, n := range f.created {
		if n > 1 {
			a.fault("%s came %d times", id, n)
		}
	}
	for _, r := range box.rows {
		if f.created[r.ID] == 0 {
			a.fault("%q (%s) never came by the stream", r.Title, r.ID)
		}
		if f.rows[r.ID] != r.text {
			a.fault("the list has %s\nand the stream %s", r.text, f.rows[r.ID])
		}
	}
	if len(f.rows) != len(box.rows) {
		a.fault("the stream left %d, the list has %d", len(f.rows), len(box.rows))
	}
	if f.cursor != box.cursor || f.badge != box.badge {
		a.fault("the stream is at %s with %+v, the list at %s with %+v", f.cursor, f.badge, box.cursor, box.badge)
	}
}
