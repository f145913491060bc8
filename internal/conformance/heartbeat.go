package conformance

import (
	"strings"
	"time"
)

// heartbeatCases wait for as long as the server says that it may be silent.
func heartbeatCases() []Case {
	return []Case{
		{Name: "heartbeat: comes when nothing else does, within the interval that was said", Run: func(t *T) {
			p := t.person()
			l := p.listen("", nil)
			interval := time.Duration(l.first.number("heartbeat_interval")) * time.Second
			if interval > 30*time.Second || interval <= 0 {
				t.Fatalf("heartbeat_interval: want 1 to 30 s, got %v", l.first.data["heartbeat_interval"])
			}
			start := time.Now()
			for range 2 {
				e := l.wantWithin("heartbeat", interval+5*time.Second)
				exactly(t, "heartbeat", e.data, "ts")
				if !isTime(e.text("ts")) {
					t.Errorf("ts: got %q", e.text("ts"))
				}
				equal(t, "last event id", l.first.ID, e.ID)
				if time.Since(start) > 25*time.Second {
					return // a second one would make the case longer than all others together
				}
			}
		}},
		{Name: "heartbeat: is an event that a page can see, and not a comment", Run: func(t *T) {
			l := t.person().listen("", nil)
			l.wantWithin("heartbeat", time.Duration(l.first.number("heartbeat_interval")+5)*time.Second)
			if !strings.Contains(l.bytes(), "event: heartbeat\n") {
				t.Errorf("want `event: heartbeat`, got %q", short(l.bytes()))
			}
		}},
	}
}
