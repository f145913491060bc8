package storetest

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/belfryhq/belfry"
)

// checkModel plays random histories against the store and the model. After each step, everybody's counts and somebody's
// inbox must be the same in both, and somebody who kept the cursor and the list of an earlier moment must get from there
// to here; at the end, everybody's inbox must be, and all of them must.
//
// move, if it is not nil, puts another store with the same content in the place of the first, at some moment of each history.
func checkModel(t *testing.T, open func(t *testing.T) belfry.Store, move func(*testing.T, belfry.Store) belfry.Store) {
	rapid.Check(t, func(rt *rapid.T) {
		w := &twin{T: rt, t: t, store: open(t), model: NewMemory(), now: epochOfTests(), ids: []belfry.ID{{}}}
		w.model.epoch = w.store.Epoch()
		for _, user := range everybody() {
			w.mirrors = append(w.mirrors, kept{user, mirror{belfry.Cursor{Epoch: w.store.Epoch()}, map[belfry.ID]belfry.Notification{}}})
		}
		defer func() { w.ok("close", w.store.Close()) }()
		steps := w.inboxSteps()
		if w.mails = rapid.Bool().Draw(rt, "about mail"); w.mails {
			steps = w.mailSteps()
		}
		once := sync.OnceFunc(func() {
			if move != nil {
				w.store = move(t, w.store)
			}
		})
		steps["move"] = w.step(once)
		rt.Repeat(steps)
		once() // in a history that came to its end before
		w.T = rt
		for _, user := range everybody() {
			w.sameList(belfry.ListQuery{User: user, Filter: belfry.FilterAll, Limit: 1000, Now: w.now})
		}
		for _, m := range w.mirrors {
			w.comeBack(m, 2)
		}
	})
}

// A history is of inboxes for the most part, or of mail: one of both would have little of each.

func (w *twin) inboxSteps() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"":            w.step(w.compare),
		"send":        w.step(w.send),
		"send more":   w.step(w.send),
		"broadcast":   w.step(w.broadcast),
		"mark":        w.step(w.mark),
		"mark all":    w.step(w.markAll),
		"retract":     w.step(w.retract),
		"expire":      w.step(w.expire),
		"prefer":      w.step(w.prefer),
		"put user":    w.step(w.putUser),
		"erase":       w.step(w.erase),
		"prune":       w.step(w.prune),
		"wait":        w.step(w.wait),
		"remember":    w.step(w.remember),
		"as well":     w.step(w.remember),
		"read":        w.step(w.readOne),
		"read more":   w.step(w.readOne),
		"list":        w.step(w.list),
		"find":        w.step(w.find),
		"the tickets": w.step(w.ticket),
		"revoke":      w.step(w.revoke),
	}
}

func (w *twin) mailSteps() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"":            w.step(w.compareMail),
		"send":        w.step(w.send),
		"claim":       w.step(w.claim),
		"claim more":  w.step(w.claim),
		"prepare":     w.step(w.prepare),
		"commit":      w.step(w.commit),
		"commit more": w.step(w.commit),
		"settle":      w.step(w.settle),
		"settle more": w.step(w.settle),
		"flood":       w.step(w.flood),
		"fold":        w.step(w.fold),
		"fold more":   w.step(w.fold),
		"full":        w.step(w.fullMailbox),
		"prefer":      w.step(w.prefer),
		"retry":       w.step(w.retry),
		"read":        w.step(w.readOne),
		"mark":        w.step(w.mark),
		"mark all":    w.step(w.markAll),
		"retract":     w.step(w.retract),
		"expire":      w.step(w.expire),
		"erase":       w.step(w.erase),
		"prune":       w.step(w.prune),
		"wait":        w.step(w.wait),
		"look":        w.step(w.look),
		"unsuppress":  w.step(w.unsuppress),
	}
}

// A twin is a store and its model, in the same state.
type twin struct {
	*rapid.T
	t       *testing.T
	store   belfry.Store
	model   *Memory
	now     time.Time
	ids     []belfry.ID // every id that was ever given, and the zero one
	mirrors []kept
	mails   bool // most sends have one
	leases  []twinLease
	groups  [][]twinLease // of mails that may go as one
}

// A kept is what somebody remembers of an earlier moment.
type kept struct {
	user string
	mirror
}

// step lets an action draw from the T of its own step.
func (w *twin) step(action func()) func(*rapid.T) {
	return func(rt *rapid.T) {
		w.T = rt
		action()
	}
}

func (w *twin) ok(what string, err error) {
	w.Helper()
	if err != nil {
		w.Fatalf("%s: %v", what, err)
	}
}

func (w *twin) same(what string, got, want any) {
	w.Helper()
	if reflect.DeepEqual(got, want) { // most often, and much faster
		return
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		w.Fatalf("%s differs from the model (-model +store):\n%s", what, diff)
	}
}

// sameErr compares errors by what a caller can tell of them, and reports whether there was none.
func (w *twin) sameErr(what string, got, want error) bool {
	w.Helper()
	if (got == nil) != (want == nil) || want != nil && !cmp.Equal(got, want, cmpopts.EquateErrors()) {
		w.Fatalf("%s: the store says %v, the model %v", what, got, want)
	}
	return got == nil
}

// everybody are those who act; the last is never sent to by name nor put.
func everybody() []string { return []string{"ada", "bob", "cy", "nobody"} }

func (w *twin) user() string       { return rapid.SampledFrom(everybody()).Draw(w.T, "user") }
func (w *twin) flip(s string) bool { return rapid.Bool().Draw(w.T, s) }

func (w *twin) upTo(n int) int          { return rapid.IntRange(1, n).Draw(w.T, "number") }
func (w *twin) pick(s ...string) string { return rapid.SampledFrom(s).Draw(w.T, "choice") }

// id draws one of the last ids most often: what happens to one notification soon after another is where faults hide.
func (w *twin) id() belfry.ID {
	ids := w.ids
	if w.upTo(4) > 1 {
		ids = ids[max(0, len(ids)-4):]
	}
	return rapid.SampledFrom(ids).Draw(w.T, "id")
}

func (w *twin) category(more ...string) string {
	return w.pick(append(more, "order", "order.late", "orders", "chat")...)
}

// pending reports whether something has expired and is still to be removed. How a store splits the counts in that
// interval is its own affair.
func (w *twin) pending() bool {
	dues := w.model.dues()
	return len(dues) > 0 && !dues[0].at.After(w.now)
}

// compare compares what everybody has, the lists by samples: they are what costs a database most.
func (w *twin) compare() {
	for _, user := range everybody() {
		want, err := w.model.Changes(w.t.Context(), user, belfry.Cursor{}, 0, w.now)
		w.ok("the model's changes", err)
		got, err := w.store.Changes(w.t.Context(), user, belfry.Cursor{}, 0, w.now)
		w.ok("changes", err)
		w.same("the head of "+user, got.Head, want.Head)
		w.sameTally("the tally of "+user, got.Tally, want.Tally)
	}
	w.sameList(belfry.ListQuery{User: w.user(), Filter: belfry.FilterAll, Limit: 1000, Now: w.now})
	w.comeBack(rapid.SampledFrom(w.mirrors).Draw(w.T, "who comes back"), rapid.SampledFrom([]int{1, 2, 5, 1000}).Draw(w.T, "pieces"))
}

func (w *twin) sameTally(what string, got, want belfry.Tally) {
	w.Helper()
	w.same(what+": the counts", got.Counts, want.Counts)
	if got.Plain {
		w.same(what+": their sum", got.Own.Plus(got.Shared), want.Counts)
		w.same(what+": plain though muting", want.Plain, true)
	}
}

func (w *twin) sameList(q belfry.ListQuery) belfry.Page {
	w.Helper()
	want, err := w.model.List(w.t.Context(), q)
	w.ok("the model's list", err)
	got, err := w.store.List(w.t.Context(), q)
	w.ok("list", err)
	w.same("whether the list has a next page", got.Next == nil, want.Next == nil)
	next := got.Next
	got.Next, want.Next = nil, nil
	w.same(fmt.Sprintf("the list %+v", q), got, want)
	got.Next = next
	return got
}

// load returns what somebody sees and the cursor of it.
func (w *twin) load(user string) kept {
	p := w.sameList(belfry.ListQuery{User: user, Filter: belfry.FilterAll, Limit: 1000, Now: w.now})
	m := kept{user, mirror{p.Cursor, map[belfry.ID]belfry.Notification{}}}
	for _, n := range p.Results {
		m.rows[n.ID] = n
	}
	return m
}

// remember keeps a list and its cursor for later.
func (w *twin) remember() {
	m := w.load(w.user())
	if len(w.mirrors) == 10 {
		w.mirrors[rapid.IntRange(0, 9).Draw(w.T, "forgotten")] = m
	} else {
		w.mirrors = append(w.mirrors, m)
	}
}

// comeBack follows the log from an earlier moment, as the model says in one piece, and to the list as it is in
// pieces of a limit.
func (w *twin) comeBack(m kept, limit int) {
	w.Helper()
	want, err := w.model.Changes(w.t.Context(), m.user, m.at, 1000, w.now)
	w.ok("the model's changes", err)
	got, err := w.store.Changes(w.t.Context(), m.user, m.at, 1000, w.now)
	w.ok("changes", err)
	if want.Reset == belfry.ResetNone && got.Reset == belfry.ResetPruned && m.at.Seq < w.model.look(m.user).touched {
		return // a pruned broadcast took an entry of this log with it
	}
	what := fmt.Sprintf("what came for %s after %v", m.user, m.at)
	w.same(what+": reset", got.Reset, want.Reset)
	w.same(what+": items", standing(got.Items), standing(want.Items))
	if got.Reset != belfry.ResetNone {
		return
	}
	list, err := w.model.List(w.t.Context(), belfry.ListQuery{User: m.user, Filter: belfry.FilterAll, Limit: 1000, Now: w.now})
	w.ok("the model's list", err)
	rows := map[belfry.ID]belfry.Notification{}
	for _, n := range list.Results {
		rows[n.ID] = n
	}
	r := mirror{m.at, maps.Clone(m.rows)}
	_, err = r.follow(func(after belfry.Cursor) (belfry.Changes, error) {
		return w.store.Changes(w.t.Context(), m.user, after, limit, w.now)
	})
	w.ok(what, err)
	for _, d := range w.model.dues() { // the Deleted entry comes when Expire removes it
		if !d.at.After(w.now) {
			delete(r.rows, d.id)
		}
	}
	w.same(fmt.Sprintf("%s, in pieces of %d: the list", what, limit), r.rows, rows)
	w.same(what+": the place", r.at, list.Cursor)
}

// standing leaves out the Deleted items, of which a store may give more or fewer; what they lead to is compared.
func standing(items []belfry.Change) []belfry.Change {
	return slices.DeleteFunc(slices.Clone(items), func(c belfry.Change) bool { return c.Kind == belfry.Deleted })
}
