package soaktest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
)

const (
	sendPath = "/api/v1/notifications/"
	bulkPath = "/api/v1/notifications/bulk/"
	markPath = "/api/v1/notifications/mark/"
)

// A writer is an app that sends to some people, whom no other writer sends to: so the order of their numbers is known. It
// acts for its restless people too.
type writer struct {
	*world
	lane   int
	people []*person
	rand   *rand.Rand
}

// run writes until ctx ends. Every answer must be a 2xx.
func (x *writer) run(ctx context.Context) {
	for ctx.Err() == nil {
		var err error
		// What was begun is finished: a send whose answer nobody heard may have happened.
		c := context.WithoutCancel(ctx)
		switch n := x.rand.IntN(1000); {
		case n < 500:
			err = x.toSome(c, 1)
		case n < 600:
			err = x.toSome(c, min(3, len(x.people)))
		case n < 610:
			err = x.toAll(c)
		case n < 700:
			err = x.bulk(c)
		case n < 980:
			err = x.change(c)
		default:
			err = x.markAll(c)
		}
		if err != nil {
			x.faults.add("writer %d: %v", x.lane, err)
			return
		}
	}
}

// send is the body of a send to people by their next numbers.
func (x *writer) send(who *person) map[string]any {
	body := map[string]any{"to": who.id, "category": "soak.test", "title": fmt.Sprint("to one ", who.sent.Add(1))}
	if x.rand.IntN(10) == 0 {
		body["body"] = strings.Repeat("long ", x.rand.IntN(400))
	}
	x.sent.Add(1)
	return body
}

type accepted struct {
	Status        int
	ID            string
	Notifications []struct {
		ID   string `json:"id"`
		User string `json:"user_id"`
	}
}

// toSome sends to one, or to each of several in a bulk of its own kind: numbers differ, so that several are several sends.
func (x *writer) toSome(ctx context.Context, n int) error {
	for _, i := range x.rand.Perm(len(x.people))[:n] {
		who := x.people[i]
		var a accepted
		if err := x.call(ctx, http.MethodPost, sendPath, apiKey, x.send(who), http.StatusCreated, &a); err != nil {
			return err
		}
		x.keep(who, a)
	}
	return nil
}

func (x *writer) toAll(ctx context.Context) error {
	x.sent.Add(1)
	body := map[string]any{"to": map[string]bool{"all": true}, "category": "soak.test", "title": fmt.Sprintf("to all %d %d", x.lane, x.broadcasts[x.lane].Add(1))}
	return x.call(ctx, http.MethodPost, sendPath, apiKey, body, http.StatusCreated, nil)
}

func (x *writer) bulk(ctx context.Context) error {
	var items []map[string]any
	var to []*person
	for range 1 + x.rand.IntN(20) {
		who := x.people[x.rand.IntN(len(x.people))]
		items, to = append(items, x.send(who)), append(to, who)
	}
	var answer struct{ Results []accepted }
	if err := x.call(ctx, http.MethodPost, bulkPath, apiKey, map[string]any{"notifications": items}, http.StatusOK, &answer); err != nil {
		return err
	}
	if len(answer.Results) != len(items) {
		return fmt.Errorf("%d results of %d sends", len(answer.Results), len(items))
	}
	for i, a := range answer.Results {
		if a.Status != http.StatusCreated {
			return fmt.Errorf("an item of a bulk: %+v", a)
		}
		x.keep(to[i], a)
	}
	return nil
}

// keep remembers some of what a restless person has.
func (x *writer) keep(who *person, a accepted) {
	if who.calm || len(a.Notifications) != 1 {
		return
	}
	who.mu.Lock()
	defer who.mu.Unlock()
	if who.ids = append(who.ids, a.Notifications[0].ID); len(who.ids) > 8 {
		who.ids = who.ids[1:]
	}
}

// change sets a state of something that a restless person has.
func (x *writer) change(ctx context.Context) error {
	who := x.people[x.rand.IntN(len(x.people))]
	who.mu.Lock()
	id := ""
	if len(who.ids) > 0 {
		id = who.ids[x.rand.IntN(len(who.ids))]
	}
	who.mu.Unlock()
	if id == "" {
		return nil
	}
	x.changes.Add(1)
	state := []string{"read", "seen", "archived"}[x.rand.IntN(3)]
	return x.call(ctx, http.MethodPatch, sendPath+id+"/", who.token, map[string]bool{state: x.rand.IntN(3) > 0}, http.StatusOK, nil)
}

func (x *writer) markAll(ctx context.Context) error {
	who := x.people[x.rand.IntN(len(x.people))]
	if who.calm {
		return nil
	}
	x.changes.Add(1)
	return x.call(ctx, http.MethodPost, markPath, who.token, map[string]any{"state": "read", "all": true}, http.StatusOK, nil)
}

// call makes a request, whose answer must have a status.
func (w *world) call(ctx context.Context, method, path, credential string, body any, want int, into any) error {
	text := []byte(nil)
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://"+w.addresses[0]+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+credential)
	r.Header.Set("Content-Type", "application/json")
	answer, err := w.http.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close() //nolint:errcheck // it is read to its end
	got, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != want {
		err = fmt.Errorf("%s %s: %d %s", method, path, answer.StatusCode, got)
	}
	if err == nil && into != nil {
		err = json.Unmarshal(got, into)
	}
	return err
}
