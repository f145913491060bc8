package conformance

// snapshot is all of what the case sent that stands in the inbox, archived or not: by id, as the wire shows it.
func (p *person) snapshot() map[string]string {
	state := map[string]string{}
	for _, n := range p.list("state=all&limit=200").Results {
		state[n.ID] = n.raw
	}
	return state
}

// sameInbox compares two snapshots and shows where they differ.
func sameInbox(t *T, what string, want, got map[string]string) {
	for id, n := range want {
		if got[id] != n {
			t.Errorf("%s: want %s, got %q", what, short(n), short(got[id]))
		}
	}
	for id, n := range got {
		if want[id] == "" {
			t.Errorf("%s: too much: %s", what, short(n))
		}
	}
}

// follow does to a state what the stream says, up to a notification, as a page does.
func (l *listener) follow(state map[string]string, end string) {
	seen := map[string]bool{}
	for {
		e := l.want3("message", "update", "delete")
		if seen[e.ID] {
			l.t.Errorf("the id %s came twice", e.ID)
		}
		seen[e.ID] = true
		id := e.text("id")
		switch {
		case id == end:
			return
		case e.Name == "delete":
			delete(state, id)
		default:
			state[id] = e.Data
		}
	}
}
