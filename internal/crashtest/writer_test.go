package crashtest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
)

// accepted is the answer to a send.
type accepted struct {
	Status        int    `json:"status"` // in a bulk
	ID            string `json:"id"`
	Notifications []struct {
		ID   string `json:"id"`
		User string `json:"user_id"`
	} `json:"notifications"`
}

const (
	sendPath = "/api/v1/notifications/"
	bulkPath = "/api/v1/notifications/bulk/"
)

// A writer does what an app and its people do, until the process is gone.
type writer struct {
	name   string
	people []*person
	ledger *ledger
	rand   *rand.Rand
	nodes  []int // of a herd, to which it goes; none: all
	n      int
}

// run writes until something goes unanswered. An answer other than a 2xx fails the test: the requests are good.
func (w *writer) run(ctx context.Context, t *testing.T, p *process) {
	for ctx.Err() == nil {
		var err error
		switch n := w.rand.IntN(100); {
		case n < 40:
			err = w.one(ctx, p, w.promise(w.some(1)))
		case n < 55:
			err = w.one(ctx, p, w.promise(w.some(3)))
		case n < 65:
			err = w.one(ctx, p, w.promise(nil))
		case n < 78:
			err = w.bulk(ctx, p)
		case n < 92:
			err = w.mark(ctx, p)
		case n < 94:
			err = w.sweep(ctx, p)
		default:
			err = w.retract(ctx, p)
		}
		if bad, ok := errors.AsType[*refused](err); ok {
			t.Errorf("writer %s: %v\n%s", w.name, bad, p.Output)
		}
		if err != nil {
			return
		}
	}
}

// refused is an answer that should have been a 2xx.
type refused struct {
	what   string
	status int
	text   []byte
}

func (r *refused) Error() string { return fmt.Sprintf("%s: %d %s", r.what, r.status, r.text) }

func (w *writer) some(n int) []string {
	users := make([]string, 0, n)
	for _, i := range w.rand.Perm(len(w.people))[:n] {
		users = append(users, w.people[i].id)
	}
	return users
}

// promise prepares a send; half of them can be sent again after a crash.
func (w *writer) promise(users []string) *promise {
	w.n++
	p := &promise{title: fmt.Sprintf("%s %d", w.name, w.n), users: users}
	if w.rand.IntN(2) == 0 {
		p.key = "key of " + p.title
	}
	var to any = map[string]bool{"all": true}
	if len(users) == 1 {
		to = users[0]
	} else if users != nil {
		to = users
	}
	p.body = must(json.Marshal(map[string]any{
		"to": to, "category": "crash.test", "title": p.title, "body": fmt.Sprintf("%x", w.rand.Uint64()), "data": map[string]int{"n": w.n},
	}))
	return p
}

func (w *writer) one(ctx context.Context, p *process, s *promise) error {
	w.ledger.begin(s)
	_, err := post(ctx, p, w.ledger, s)
	return err
}

// post makes a send, and keeps what is answered.
func post(ctx context.Context, p *process, l *ledger, s *promise) (replayed bool, err error) {
	var headers []string
	if s.key != "" {
		headers = []string{"Idempotency-Key", s.key}
	}
	answer, err := p.open(ctx, http.MethodPost, sendPath, apiKey, s.body, headers...)
	if err != nil {
		return false, err
	}
	defer hangUp(answer)
	var a accepted
	if err := readAnswer(answer, http.StatusCreated, &a); err != nil {
		return false, err
	}
	l.keep(s, a)
	return answer.Header.Get("Idempotency-Replay") == "true", nil
}

func (w *writer) bulk(ctx context.Context, p *process) error {
	var items []json.RawMessage
	var promises []*promise
	for range 5 {
		s := w.promise(w.some(1))
		s.key = ""
		w.ledger.begin(s)
		promises, items = append(promises, s), append(items, s.body)
	}
	answer, err := p.open(ctx, http.MethodPost, bulkPath, apiKey, must(json.Marshal(map[string]any{"notifications": items})))
	if err != nil {
		return err
	}
	defer hangUp(answer)
	var results struct{ Results []accepted }
	if err := readAnswer(answer, http.StatusOK, &results); err != nil {
		return err
	}
	if len(results.Results) != len(promises) {
		return &refused{fmt.Sprintf("%d results for %d sends", len(results.Results), len(promises)), answer.StatusCode, nil}
	}
	for i, a := range results.Results {
		if a.Status != http.StatusCreated {
			return &refused{"an item of a bulk", a.Status, nil}
		}
		w.ledger.keep(promises[i], a)
	}
	return nil
}

// mark sets one state of one notification of one person.
func (w *writer) mark(ctx context.Context, p *process) error {
	s := w.ledger.pick(w.rand.Uint64())
	if s == nil {
		return nil
	}
	who := w.people[w.rand.IntN(len(w.people))]
	if !s.isFor(who.id) {
		return nil
	}
	id := s.id
	if s.users != nil {
		id = s.ids[who.id]
	}
	m := mark{who.id, id, []string{"read", "read", "seen", "archived"}[w.rand.IntN(4)]}
	w.ledger.mark(m, asked)
	status, text, err := p.call(ctx, http.MethodPatch, sendPath+id+"/", who.token, fmt.Appendf(nil, `{%q:true}`, m.state))
	switch {
	case err != nil:
		return err
	case status == http.StatusNotFound && w.isRetracted(s):
		return nil
	case status != http.StatusOK:
		return &refused{m.state + " " + s.title, status, text}
	}
	w.ledger.mark(m, done)
	return nil
}

// sweep marks everything of one person as read.
func (w *writer) sweep(ctx context.Context, p *process) error {
	who := w.people[w.rand.IntN(len(w.people))]
	began := w.ledger.beginSweep(who.id)
	status, text, err := p.call(ctx, http.MethodPost, sendPath+"mark/", who.token, []byte(`{"state":"read","all":true}`))
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return &refused{"mark all", status, text}
	}
	w.ledger.endSweep(who.id, began)
	return nil
}

// isRetracted reports whether another writer asked for it meanwhile.
func (w *writer) isRetracted(s *promise) bool {
	w.ledger.mu.Lock()
	defer w.ledger.mu.Unlock()
	return s.retracted != never
}

func (w *writer) retract(ctx context.Context, p *process) error {
	s := w.ledger.pick(w.rand.Uint64())
	if s == nil {
		return nil
	}
	w.ledger.retract(s, asked)
	status, text, err := p.call(ctx, http.MethodDelete, sendPath+s.id+"/", apiKey, nil)
	switch {
	case err != nil:
		return err
	case status != http.StatusNoContent && status != http.StatusNotFound: // another writer was first
		return &refused{"retract " + s.title, status, text}
	}
	w.ledger.retract(s, done)
	return nil
}

// readAnswer decodes an answer of the wanted status. One that breaks off is no answer.
func readAnswer(answer *http.Response, want int, into any) error {
	text, err := readAll(answer)
	if err != nil {
		return err
	}
	if answer.StatusCode != want {
		return &refused{answer.Request.Method + " " + answer.Request.URL.Path, answer.StatusCode, text}
	}
	return json.Unmarshal(text, into)
}
