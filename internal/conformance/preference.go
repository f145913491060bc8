package conformance

import (
	"net/http"
)

// prefer sets preferences.
func (p *person) prefer(categories obj) {
	p.call(http.MethodPut, preferencesPath, obj{"categories": categories}).is(http.StatusOK)
}

// post sends and returns whether it stands in the inbox.
func (p *person) arrives(more obj) bool {
	before := len(p.ids(""))
	p.t.app(http.MethodPost, notificationsPath, p.body("A", more)).is(http.StatusCreated)
	return len(p.ids("")) == before+1
}

func preferenceCases() []Case {
	off := obj{"in_app": false}
	return []Case{
		{Name: "preferences: of a new person are empty", Run: func(t *T) {
			equal(t, "categories", "{}", bodyText(t.stranger().get(preferencesPath).object("categories")["categories"]))
		}},
		{Name: "preferences: what was put is given back, and replaces", Run: func(t *T) {
			p := t.person()
			p.prefer(obj{"other": off})
			want := obj{"*": obj{"in_app": true, "email": true}, "order": obj{"email": false}}
			a := p.call(http.MethodPut, preferencesPath, obj{"categories": want}).is(http.StatusOK)
			equal(t, "answer", bodyText(want), bodyText(a.object("categories")["categories"]))
			equal(t, "categories", bodyText(want), bodyText(p.get(preferencesPath).object("categories")["categories"]))
		}},
		{Name: "preferences: what is muted is not in the inbox, nor counted", Run: func(t *T) {
			p := t.person()
			p.prefer(obj{p.category: off})
			equal(t, "arrives", false, p.arrives(nil))
			p.wantCounts(0, 0)
		}},
		{Name: "preferences: what is muted is skipped with a reason", Run: func(t *T) {
			p := t.person()
			p.prefer(obj{p.category: obj{"in_app": false, "email": false}})
			var s sent
			t.app(http.MethodPost, notificationsPath, p.body("A", obj{"channels": []string{"in_app", "email"}, "email": obj{"to": "a@b.invalid"}})).is(http.StatusCreated).into(&s)
			r, _ := t.receipt(s.ID)
			for _, channel := range []string{"in_app", "email"} {
				state, reason := r.delivery(channel)
				equal(t, "state of "+channel, "skipped", state)
				if reason == "" {
					t.Errorf("%s: a skipped delivery says why", channel)
				}
			}
		}},
		{Name: "preferences: what is muted does not come by the stream", Run: func(t *T) {
			p := t.person()
			l := p.listen("", nil)
			p.prefer(obj{p.category + ".muted": off})
			t.app(http.MethodPost, notificationsPath, p.body("A", obj{"category": p.category + ".muted"})).is(http.StatusCreated)
			l.quiet(p)
		}},
	}
}

func preferenceRuleCases() []Case {
	off, on := obj{"in_app": false}, obj{"in_app": true}
	return []Case{
		{Name: "preferences: the longest prefix that says something wins", Run: func(t *T) {
			p := t.person()
			c := p.category
			p.prefer(obj{c: off, c + ".a": on, c + ".a.b": obj{"email": false}, c + ".a.c": off})
			for category, want := range map[string]bool{c: false, c + ".x": false, c + ".a": true, c + ".a.b": true, c + ".a.c": false, c + ".a.c.d": false, c + ".ab": false} {
				equal(t, "arrives in "+category, want, p.arrives(obj{"category": category}))
			}
		}},
		{Name: "preferences: the star is everything", Run: func(t *T) {
			p := t.person()
			p.prefer(obj{"*": off, p.category + ".a": on})
			equal(t, "arrives", false, p.arrives(nil))
			equal(t, "arrives in what is wanted", true, p.arrives(obj{"category": p.category + ".a"}))
		}},
		{Name: "preferences: critical ignores them", Run: func(t *T) {
			p := t.person()
			p.prefer(obj{"*": off})
			equal(t, "arrives", true, p.arrives(obj{"priority": "critical"}))
			equal(t, "high arrives", false, p.arrives(obj{"priority": "high"}))
		}},
		{Name: "preferences: what stands in the inbox stays, what was muted does not come back", Run: func(t *T) {
			p := t.person()
			p.send("A", nil)
			p.prefer(obj{p.category: off})
			p.wantCounts(1, 1)
			equal(t, "arrives", false, p.arrives(nil))
			p.prefer(obj{})
			p.wantCounts(1, 1)
			equal(t, "arrives", true, p.arrives(nil))
		}},
		{Name: "preferences: are one person's", Run: func(t *T) {
			p, q := t.person(), t.person()
			p.prefer(obj{"*": off})
			equal(t, "arrives", true, q.arrives(nil))
		}},
	}
}

func preferenceRefusedCases() []Case {
	var cases []Case
	on := obj{"in_app": true}
	for _, w := range []wrong{
		{"a category that is none", "categories.Order", obj{"categories": obj{"Order": on}}},
		{"a star inside", "categories.order.*", obj{"categories": obj{"order.*": on}}},
		{"an unknown channel", "categories.order.pigeon", obj{"categories": obj{"order": obj{"pigeon": true}}}},
		{"a word instead of true", "categories.order.email", obj{"categories": obj{"order": obj{"email": "no"}}}},
		{"a list", "categories", obj{"categories": []string{"order"}}},
		{"an unknown member", "quiet", obj{"categories": obj{}, "quiet": true}},
		{"nothing", "categories", obj{}},
	} {
		cases = append(cases, Case{Name: "preferences refused: " + w.name, Run: func(t *T) {
			p := t.person()
			p.call(http.MethodPut, preferencesPath, w.more).blames(w.field)
			equal(t, "categories", "{}", bodyText(p.get(preferencesPath).object()["categories"]))
		}})
	}
	return cases
}
