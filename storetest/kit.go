package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/belfryhq/belfry"
)

// A kit is a store under test, with a clock that stands still and the calls that most rules need. Its calls fail the
// test when the store does, so they belong on the test's own goroutine.
type kit struct {
	*testing.T
	store belfry.Store
	now   time.Time
}

func newKit(t *testing.T, store belfry.Store) *kit {
	return &kit{T: t, store: store, now: epochOfTests()}
}

// epochOfTests is a moment with milliseconds, so that a store that drops them is found out.
func epochOfTests() time.Time { return time.Date(2026, 3, 29, 1, 59, 59, 987e6, time.UTC) }

// part runs a part of a rule under its own name, on the same store.
func (k *kit) part(name string, check func(*kit)) {
	k.Helper()
	k.Run(name, func(t *testing.T) {
		part := &kit{T: t, store: k.store, now: k.now}
		defer func() { k.now = part.now }()
		check(part)
	})
}

// tick moves the clock and returns the new time.
func (k *kit) tick(d time.Duration) time.Time {
	k.now = k.now.Add(d)
	return k.now
}

// same fails the test unless got is want; no rows and nil rows are the same.
func (k *kit) same(what string, got, want any) {
	k.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		k.Fatalf("%s differs (-want +got):\n%s", what, diff)
	}
}

func (k *kit) ok(what string, err error) {
	k.Helper()
	if err != nil {
		k.Fatalf("%s: %v", what, err)
	}
}

func (k *kit) fails(what string, err, want error) {
	k.Helper()
	if !errors.Is(err, want) {
		k.Fatalf("%s: got error %v, want %v", what, err, want)
	}
}

// plain is a send with no more than it must have.
func plain(to belfry.To, title string) belfry.Send {
	return belfry.Send{To: to, Category: "order.assigned", Title: title}
}

// accept hands sends in, all at the kit's time, and returns what came of the only or last one.
func (k *kit) accept(sends ...belfry.Accept) belfry.Accepted {
	k.Helper()
	for i := range sends {
		k.ok("validate", sends[i].Send.Validate())
		if sends[i].At.IsZero() {
			sends[i].At = k.now
		}
	}
	out, err := k.store.Accept(k.Context(), sends)
	k.ok("accept", err)
	if len(out) != len(sends) {
		k.Fatalf("accept: got %d results for %d sends", len(out), len(sends))
	}
	return out[len(out)-1]
}

func (k *kit) send(s belfry.Send) belfry.Accepted {
	k.Helper()
	out := k.accept(belfry.Accept{Send: &s})
	k.ok("send", out.Err)
	return out
}

// tell sends a plain notification to one person a millisecond later, and returns its id.
func (k *kit) tell(user, title string) belfry.ID {
	k.Helper()
	k.tick(time.Millisecond)
	return k.send(plain(belfry.ToUser(user), title)).ID
}

// tellAll broadcasts a plain notification a millisecond later, and returns its id.
func (k *kit) tellAll(title string) belfry.ID {
	k.Helper()
	k.tick(time.Millisecond)
	return k.send(plain(belfry.ToAll(), title)).ID
}

func (k *kit) page(q belfry.ListQuery) belfry.Page {
	k.Helper()
	if q.Now.IsZero() {
		q.Now = k.now
	}
	if q.Limit == 0 {
		q.Limit = 100
	}
	p, err := k.store.List(k.Context(), q)
	k.ok("list", err)
	return p
}

func titles(ns []belfry.Notification) []string {
	var out []string
	for i := range ns {
		out = append(out, ns[i].Title)
	}
	return out
}

// shows fails the test unless the person's list, under the filter, has these titles.
func (k *kit) shows(user string, f belfry.Filter, want ...string) {
	k.Helper()
	k.same("the list of "+user, titles(k.page(belfry.ListQuery{User: user, Filter: f}).Results), want)
}

// counts fails the test unless both counts are as given, in the list and in the tally.
func (k *kit) counts(user string, unread, unseen int64) {
	k.Helper()
	want := belfry.Counts{Unread: unread, Unseen: unseen}
	k.same("the counts in the list of "+user, k.page(belfry.ListQuery{User: user}).Counts, want)
	k.same("the counts in the tally of "+user, k.tally(user).Counts, want)
}

func (k *kit) changes(user string, after belfry.Cursor) belfry.Changes {
	k.Helper()
	c, err := k.store.Changes(k.Context(), user, after, 1000, k.now)
	k.ok("changes", err)
	return c
}

func (k *kit) head(user string) belfry.Cursor {
	k.Helper()
	return k.changes(user, belfry.Cursor{}).Head
}

func (k *kit) tally(user string) belfry.Tally {
	k.Helper()
	return k.changes(user, belfry.Cursor{}).Tally
}

func (k *kit) find(user string, id belfry.ID) belfry.Notification {
	k.Helper()
	n, err := k.store.Find(k.Context(), user, id, k.now)
	k.ok("find", err)
	return n
}

func (k *kit) notThere(user string, id belfry.ID) {
	k.Helper()
	_, err := k.store.Find(k.Context(), user, id, k.now)
	k.fails("find what is not there", err, belfry.ErrNotFound)
}

func (k *kit) mark(m belfry.Mark) belfry.Marked {
	k.Helper()
	if m.At.IsZero() {
		m.At = k.now
	}
	out, err := k.store.Mark(k.Context(), m)
	k.ok("mark", err)
	return out
}

func (k *kit) read(user string, ids ...belfry.ID) belfry.Marked {
	k.Helper()
	return k.mark(belfry.Mark{User: user, Set: belfry.StateChange{Read: new(true)}, IDs: ids})
}

func (k *kit) archive(user string, ids ...belfry.ID) belfry.Marked {
	k.Helper()
	return k.mark(belfry.Mark{User: user, Set: belfry.StateChange{Archived: new(true)}, IDs: ids})
}

func (k *kit) retract(id belfry.ID) []belfry.Ring {
	k.Helper()
	rings, err := k.store.Retract(k.Context(), id, k.now)
	k.ok("retract", err)
	return rings
}

func (k *kit) receipt(id belfry.ID) belfry.Receipt {
	k.Helper()
	r, err := k.store.Receipt(k.Context(), id)
	k.ok("receipt", err)
	return r
}

func (k *kit) noReceipt(id belfry.ID) {
	k.Helper()
	_, err := k.store.Receipt(k.Context(), id)
	k.fails("receipt of what is gone", err, belfry.ErrNotFound)
}

func (k *kit) prefer(user string, p belfry.Preferences) {
	k.Helper()
	k.ok("set preferences", k.store.SetPreferences(k.Context(), user, p))
}

// expire removes what is due, and returns the rings and when the next is.
func (k *kit) expire() ([]belfry.Ring, time.Time) {
	k.Helper()
	rings, next, err := k.store.Expire(k.Context(), k.now, 100)
	k.ok("expire", err)
	return rings, next
}

// prune removes what is over, to the end, and returns the rings.
func (k *kit) prune(before time.Time) (all []belfry.Ring) {
	k.Helper()
	for range 10_000 {
		rings, more, err := k.store.Prune(k.Context(), before, k.now, 10)
		k.ok("prune", err)
		if all = append(all, rings...); !more {
			return all
		}
	}
	k.Fatal("prune finds more to remove without end")
	return nil
}

// muted is a preference that turns the bell off for a category.
func muted(category string) belfry.Preferences {
	return belfry.Preferences{category: {belfry.InApp: false}}
}
