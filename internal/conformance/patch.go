package conformance

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// stamps is which of the three states are set.
func (n note) stamps() string {
	return fmt.Sprintf("seen %t, read %t, archived %t", n.SeenAt != nil, n.ReadAt != nil, n.ArchivedAt != nil)
}

func patchCases() []Case {
	var cases []Case
	for state, want := range map[string]string{
		"seen": "seen true, read false, archived false", "read": "seen false, read true, archived false", "archived": "seen false, read false, archived true",
	} {
		cases = append(cases, Case{Name: "patch: " + state + " and its reverse", Run: func(t *T) {
			p := t.person()
			id := p.send("A", nil)
			equal(t, "states", want, p.patch(id, obj{state: true}).stamps())
			equal(t, "states in the list", want, p.list("state=all").Results[0].stamps())
			equal(t, "states", "seen false, read false, archived false", p.patch(id, obj{state: false}).stamps())
			p.wantCounts(1, 1)
		}})
	}
	cases = append(cases,
		Case{Name: "patch: answers the whole notification", Run: func(t *T) {
			p := t.person()
			id := p.send("A", obj{"body": "B"})
			n := p.patch(id, obj{"read": true})
			var o obj
			_ = json.Unmarshal([]byte(n.raw), &o) // it was read before
			exactly(t, "a notification", o, "id", "category", "title", "body", "url", "data", "actor", "priority", "created_at", "seen_at", "read_at", "archived_at", "expires_at")
			if n.ReadAt == nil || !isTime(*n.ReadAt) {
				t.Errorf("read_at: got %v", o["read_at"])
			}
		}},
		Case{Name: "patch: several states at once", Run: func(t *T) {
			p := t.person()
			id := p.send("A", nil)
			equal(t, "states", "seen true, read true, archived true", p.patch(id, obj{"read": true, "seen": true, "archived": true}).stamps())
			equal(t, "states", "seen true, read false, archived false", p.patch(id, obj{"read": false, "archived": false}).stamps())
		}},
		Case{Name: "patch: setting again keeps the first time and makes no entry", Run: func(t *T) {
			p := t.person()
			id := p.send("A", nil)
			first := p.patch(id, obj{"read": true})
			cursor := p.cursor()
			equal(t, "the notification", first.raw, p.patch(id, obj{"read": true}).raw)
			equal(t, "cursor", cursor, p.cursor())
		}},
		Case{Name: "patch: the counts follow each state", Run: patchCounts},
		Case{Name: "patch: another person's is a 404", Run: func(t *T) {
			p, q := t.person(), t.person()
			id := p.send("A", nil)
			q.call(http.MethodPatch, notificationPath(id), obj{"read": true}).is(http.StatusNotFound)
			p.wantCounts(1, 1)
		}},
		Case{Name: "patch: an unknown id is a 404", Run: func(t *T) {
			t.person().call(http.MethodPatch, notificationPath(unknownID), obj{"read": true}).is(http.StatusNotFound)
		}},
		Case{Name: "patch: an id that is none is refused", Run: func(t *T) {
			t.person().call(http.MethodPatch, notificationPath("42"), obj{"read": true}).is(http.StatusNotFound, http.StatusUnprocessableEntity)
		}},
		Case{Name: "patch: an id in capitals is the same", Run: func(t *T) {
			p := t.person()
			id := p.send("A", nil)
			upper := []byte(id)
			for i, c := range upper {
				if c >= 'a' && c <= 'f' {
					upper[i] = c - 32
				}
			}
			equal(t, "id", id, p.patch(string(upper), obj{"read": true}).ID)
		}},
	)
	for _, w := range []wrong{
		{"an unknown member", "title", obj{"title": "B"}},
		{"a time instead of true", "read", obj{"read": "2026-01-01T00:00:00Z"}},
		{"a number", "seen", obj{"seen": 1}},
		{"a stamp's name", "read_at", obj{"read_at": nil}},
	} {
		cases = append(cases, Case{Name: "patch refused: " + w.name, Run: func(t *T) {
			p := t.person()
			p.call(http.MethodPatch, notificationPath(p.send("A", nil)), w.more).blames(w.field)
			p.wantCounts(1, 1)
		}})
	}
	return cases
}

func patchCounts(t *T) {
	p := t.person()
	a, b := p.send("A", nil), p.send("B", nil)
	for _, step := range []struct {
		id             string
		set            obj
		unread, unseen int
	}{
		{a, obj{"read": true}, 1, 2},
		{a, obj{"seen": true}, 1, 1},
		{b, obj{"archived": true}, 0, 0},
		{b, obj{"read": true}, 0, 0},
		{b, obj{"archived": false}, 0, 1},
		{b, obj{"read": false}, 1, 1},
		{a, obj{"read": false, "seen": false}, 2, 2},
	} {
		p.patch(step.id, step.set)
		p.wantCounts(step.unread, step.unseen)
	}
}
