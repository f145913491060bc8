package stream

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A watch is a wheel beside what it should be: the moment at which each stream that is set must come.
type watch struct {
	wheel wheel
	now   moment
	all   []*parked
	due   map[*parked]moment
	since map[*parked]moment // when it was set so
}

// turn takes what the wheel gives out, and compares.
func (w *watch) turn(t *rapid.T) {
	for p := w.wheel.take(w.now); p != nil; p = w.wheel.take(w.now) {
		at, set := w.due[p]
		if !set {
			t.Fatal("a stream came that was not set, or came twice")
		}
		if delete(w.due, p); at <= w.now {
			continue
		}
		// A turn, but for the tick that is under way, the one before, and the part of one by which a stream that stays where it
		// was may have been set again to a time a little earlier.
		if waited := w.now.since(w.since[p]); waited < wheelTick*(wheelSlots-3) {
			t.Fatalf("a stream came %v early, after %v", at.since(w.now), waited)
		}
		w.wheel.set(p, at) // its time was more than a turn away, and it is set anew, as a loop does
		w.due[p] = at
	}
	for _, at := range w.due {
		if late := w.now.since(at); late >= wheelTick {
			t.Fatalf("a stream has not come %v after its time", late)
		}
	}
}

func (w *watch) set(p *parked, at moment) {
	w.wheel.set(p, at)
	if was, set := w.due[p]; !set || at < was {
		w.due[p], w.since[p] = at, w.now
	}
}

// check holds the wheel's own word on when it must be looked at next to the model.
func (w *watch) check(t *rapid.T) {
	next, any := w.wheel.next()
	if any != (len(w.due) > 0) {
		t.Fatalf("next says %v, and %d are set", any, len(w.due))
	}
	for _, at := range w.due {
		if next.since(at) >= wheelTick {
			t.Fatalf("next is %v after a stream's time", next.since(at))
		}
	}
}

// TestWheel: whatever is set, stopped and waited for, each stream comes once, not before its time and less than a tick after
// it, however long nobody looked.
func TestWheel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := &watch{due: map[*parked]moment{}, since: map[*parked]moment{}, now: moment(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "begin"))}
		w.turn(t)
		for range rapid.IntRange(1, 300).Draw(t, "streams") {
			w.all = append(w.all, &parked{})
		}
		some := rapid.IntRange(0, len(w.all)-1)
		after := rapid.OneOf(rapid.Int64Range(1, int64(100*time.Millisecond)), rapid.Int64Range(1, int64(30*time.Second)), rapid.Int64Range(1, int64(time.Hour)))
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) { w.set(w.all[some.Draw(t, "stream")], w.now+moment(after.Draw(t, "after"))) },
			"set many": func(t *rapid.T) {
				at := w.now + moment(after.Draw(t, "after"))
				for _, p := range w.all {
					w.set(p, at)
				}
			},
			"stop": func(t *rapid.T) {
				p := w.all[some.Draw(t, "stream")]
				w.wheel.stop(p)
				delete(w.due, p)
			},
			"wait": func(t *rapid.T) {
				w.now = w.now.add(time.Duration(rapid.Int64Range(0, int64(time.Second)).Draw(t, "wait")))
				w.turn(t)
			},
			"idle": func(t *rapid.T) { // many turns of the wheel
				w.now = w.now.add(time.Duration(rapid.Int64Range(0, int64(10*time.Minute)).Draw(t, "idle")))
				w.turn(t)
			},
			"until next": func(t *rapid.T) {
				if next, ok := w.wheel.next(); ok {
					w.now = max(w.now, next)
					w.turn(t)
				}
			},
			"": w.check,
		})
	})
}
