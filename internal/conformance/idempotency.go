package conformance

import (
	"fmt"
	"net/http"
	"strings"
)

func idempotencyCases() []Case {
	return []Case{
		{Name: "idempotency: the same key and body answer the same again", Run: replay},
		{Name: "idempotency: a replay is not sent again", Run: func(t *T) {
			p := t.person()
			l, key, body := p.listen("", nil), unique(), p.body("A", nil)
			id := t.keyed(key, body).is(http.StatusCreated).object()["id"].(string)
			t.keyed(key, body).is(http.StatusCreated)
			l.wantNote("message", id)
			l.quiet(p)
			p.wantCounts(2, 2)
		}},
		{Name: "idempotency: another body under the key is a 422", Run: func(t *T) {
			p, key := t.person(), unique()
			t.keyed(key, p.body("A", nil)).is(http.StatusCreated)
			t.keyed(key, p.body("B", nil)).is(http.StatusUnprocessableEntity)
			p.wantCounts(1, 1)
		}},
		{Name: "idempotency: a send without a key is sent each time", Run: func(t *T) {
			p := t.person()
			a := t.app(http.MethodPost, notificationsPath, p.body("A", nil))
			equal(t, "Idempotency-Replay", "", a.header.Get("Idempotency-Replay"))
			p.send("A", nil)
			p.wantCounts(2, 2)
		}},
		{Name: "idempotency: another key is another send", Run: func(t *T) {
			p, body := t.person(), obj(nil)
			body = p.body("A", nil)
			t.keyed(unique(), body).is(http.StatusCreated)
			t.keyed(unique(), body).is(http.StatusCreated)
			p.wantCounts(2, 2)
		}},
		{Name: "idempotency: a send to several is replayed whole", Run: func(t *T) {
			p, q, key := t.person(), t.person(), unique()
			body := p.body("A", obj{"to": []string{p.id, q.id}})
			first := t.keyed(key, body).is(http.StatusCreated)
			equal(t, "answer", string(first.body), string(t.keyed(key, body).is(http.StatusCreated).body))
			p.wantCounts(1, 1)
			q.wantCounts(1, 1)
		}},
		{Name: "idempotency: twenty at once are one send", Run: replayRace},
		{Name: "idempotency: a refused send leaves its key free", Run: func(t *T) {
			p, key := t.person(), unique()
			t.keyed(key, p.body("", nil)).blames("title")
			t.keyed(key, p.body("A", nil)).is(http.StatusCreated)
		}},
		{Name: "idempotency: a key of 255 characters is one", Run: func(t *T) {
			p, key := t.person(), unique()+strings.Repeat("k", 241)
			t.keyed(key, p.body("A", nil)).is(http.StatusCreated)
			equal(t, "Idempotency-Replay", "true", t.keyed(key, p.body("A", nil)).header.Get("Idempotency-Replay"))
		}},
		{Name: "idempotency: an absurd key is refused", Run: func(t *T) {
			p := t.person()
			for _, key := range []string{strings.Repeat("k", 256), "schlüssel\u0085"} {
				t.keyed(key, p.body("A", nil)).is(http.StatusUnprocessableEntity)
			}
			p.wantCounts(0, 0)
		}},
	}
}

// keyed sends under an idempotency key.
func (t *T) keyed(key string, body obj) *answer {
	return t.do(call{as: t.appKey(), method: http.MethodPost, path: notificationsPath, body: body, header: map[string]string{"Idempotency-Key": key}})
}

func replay(t *T) {
	p, key := t.person(), unique()
	body := p.body("A", nil)
	first, second := t.keyed(key, body).is(http.StatusCreated), t.keyed(key, body).is(http.StatusCreated)
	equal(t, "Idempotency-Replay of the first", "", first.header.Get("Idempotency-Replay"))
	equal(t, "Idempotency-Replay of the second", "true", second.header.Get("Idempotency-Replay"))
	equal(t, "the answer", string(first.body), string(second.body))
	p.wantCounts(1, 1)
}

// replayRace: each of the twenty is answered as the one that was sent, or told that it is still in progress.
func replayRace(t *T) {
	p, key := t.person(), unique()
	body := p.body("A", nil)
	answers := make([]*answer, 20)
	t.atOnce(len(answers), func(i int) int {
		answers[i] = t.keyed(key, body)
		return 0
	})
	bodies := map[string]int{}
	for _, a := range answers {
		if a.is(http.StatusCreated, http.StatusConflict); a.status == http.StatusCreated {
			bodies[string(a.body)]++
		}
	}
	if len(bodies) != 1 {
		t.Errorf("want one answer for all, got %v", fmt.Sprint(bodies))
	}
	p.wantCounts(1, 1)
}

func dedupeCases() []Case {
	return []Case{
		{Name: "dedupe: the notification is replaced, not added", Run: dedupe},
		{Name: "dedupe: what is replaced is new again", Run: func(t *T) {
			p, key := t.person(), unique()
			id := p.send("A", obj{"dedupe_key": key})
			p.patch(id, obj{"read": true, "seen": true, "archived": true})
			p.wantCounts(0, 0)
			equal(t, "id", id, p.send("B", obj{"dedupe_key": key}))
			n := p.list("").Results[0]
			if n.ReadAt != nil || n.SeenAt != nil || n.ArchivedAt != nil {
				t.Errorf("want no state, got %s", n.raw)
			}
			p.wantCounts(1, 1)
		}},
		{Name: "dedupe: it stands on top of the list again", Run: func(t *T) {
			p, key := t.person(), unique()
			first := p.send("A", obj{"dedupe_key": key})
			second := p.send("B", nil)
			p.send("C", obj{"dedupe_key": key})
			equal(t, "list", fmt.Sprint([]string{first, second}), fmt.Sprint(p.ids("")))
		}},
		{Name: "dedupe: streams bring it as a new notification", Run: func(t *T) {
			p, key := t.person(), unique()
			l := p.listen("", nil)
			id := p.send("A", obj{"dedupe_key": key})
			l.wantNote("message", id)
			p.send("B", obj{"dedupe_key": key})
			equal(t, "title", "B", l.wantNote("message", id).Title)
			l.quiet(p)
		}},
		{Name: "dedupe: another person's is another", Run: func(t *T) {
			p, q, key := t.person(), t.person(), unique()
			if a, b := p.send("A", obj{"dedupe_key": key}), q.send("A", obj{"dedupe_key": key}); a == b {
				t.Errorf("two people share %s", a)
			}
			p.wantCounts(1, 1)
			q.wantCounts(1, 1)
		}},
		{Name: "dedupe: what was retracted is not replaced", Run: func(t *T) {
			p, key := t.person(), unique()
			id := p.send("A", obj{"dedupe_key": key})
			t.app(http.MethodDelete, notificationPath(id), nil).is(http.StatusNoContent)
			if again := p.send("B", obj{"dedupe_key": key}); again == id {
				t.Errorf("want a new id, got the retracted one again")
			}
			p.wantCounts(1, 1)
		}},
	}
}

func dedupe(t *T) {
	p, key := t.person(), unique()
	id := p.send("A", obj{"dedupe_key": key, "body": "old", "url": "/old", "priority": "high"})
	equal(t, "id", id, p.send("B", obj{"dedupe_key": key}))
	l := p.list("")
	equal(t, "rows", 1, len(l.Results))
	n := l.Results[0]
	equal(t, "title", "B", n.Title)
	equal(t, "body", "", n.Body)
	equal(t, "url", "", n.URL)
	equal(t, "priority", "normal", n.Priority)
	p.wantCounts(1, 1)
}
