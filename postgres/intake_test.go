package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/bustest"
	"github.com/belfryhq/belfry/internal/api"
	"github.com/belfryhq/belfry/internal/pgtest"
	"github.com/belfryhq/belfry/postgres"
)

// TestAcceptTx: what an app leaves in its transaction is nothing until the commit and after a rollback, and soon after the
// commit all that a send is, by the node's rules, under the id that the app was told; a mail is queued once.
func TestAcceptTx(t *testing.T) {
	t.Parallel()
	url := again(t)
	s := openURL(t, url)
	other := openURL(t, url)
	rules := belfry.Rules{"order": {Channels: []belfry.Channel{belfry.InApp, belfry.Email}}}
	heard := make(chan belfry.Ring, 100)
	for _, store := range []*postgres.Store{s, other} {
		if _, err := serve(t, store, rules).Listen(func(r belfry.Ring) { heard <- r }); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.PutUser(t.Context(), belfry.User{ID: "ada", Email: "ada@example.com"}); err != nil {
		t.Fatal(err)
	}
	p := pool(t, url)
	back := errors.New("rolled back")
	err := pgx.BeginFunc(t.Context(), p, func(tx pgx.Tx) error {
		return errors.Join(byAcceptTx(t.Context(), tx, send(belfry.ToUser("ada"), "never").Send), back)
	})
	if err == nil || !errors.Is(err, back) {
		t.Fatal(err)
	}
	db := stdlib.OpenDBFromPool(p)
	ways := map[string]func(*belfry.Send, func()) belfry.ID{
		"AcceptTx": func(m *belfry.Send, before func()) (id belfry.ID) {
			inTransaction(t, p, func(tx pgx.Tx) (err error) {
				id, err = postgres.AcceptTx(t.Context(), tx, m, "")
				before()
				return err
			})
			return id
		},
		"AcceptSQLTx": func(m *belfry.Send, before func()) belfry.ID {
			tx, err := db.BeginTx(t.Context(), &sql.TxOptions{})
			if err != nil {
				t.Fatal(err)
			}
			id, err := postgres.AcceptSQLTx(t.Context(), tx, m, "")
			before()
			if err := errors.Join(err, tx.Commit()); err != nil {
				t.Fatal(err)
			}
			return id
		},
	}
	for name, leave := range ways {
		m := send(belfry.ToUser("ada"), name).Send
		m.Data = []byte(`{"order":1138}`)
		id := leave(m, func() {
			if page, err := s.List(t.Context(), belfry.ListQuery{User: "ada", Limit: 9, Now: time.Now()}); err != nil || len(page.Results) > 0 && page.Results[0].Title == name {
				t.Errorf("%s: before the commit the list has %+v, %v", name, page.Results, err)
			}
		})
		bustest.Await(t, heard, name, func(r belfry.Ring) bool { return r.User == "ada" && r.Change.Notification.ID == id })
		got, err := other.Receipt(t.Context(), id)
		if err != nil || got.Notification.Title != name || string(got.Notification.Data) != `{"order":1138}` {
			t.Fatalf("%s: the receipt of %v is %+v, %v", name, id, got, err)
		}
		if d := got.Deliveries; len(d) != 1 || d[0].Channel != belfry.Email || d[0].State != belfry.Queued || d[0].To != "ada@example.com" {
			t.Errorf("%s: the deliveries are %+v", name, d)
		}
	}
	if state := takenIn(t, s); state.Refused > 0 {
		t.Errorf("the intake holds %+v", state)
	}
	page, err := s.List(t.Context(), belfry.ListQuery{User: "ada", Limit: 9, Now: time.Now()})
	if err != nil || len(page.Results) != len(ways) {
		t.Errorf("the list has %+v, %v", page.Results, err)
	}
}

// TestBelfrySend: the SQL function refuses at once what can never be sent, takes every field of a send, and is for those
// alone who were given the right to it; they need none on the tables.
func TestBelfrySend(t *testing.T) {
	t.Parallel()
	url := again(t)
	s := openURL(t, url)
	p := pool(t, url)
	for request, want := range map[string]string{
		`null`:                    "must be a JSON object",
		`["a"]`:                   "must be a JSON object",
		`{}`:                      "to: must be a user id",
		`{"to":42}`:               "to: must be a user id (a string)",
		`{"to":"42","title":"x"}`: "category: must be dotted lower case",
		`{"to":"42","category":"Order","title":"x"}`:                             "category: must be dotted lower case",
		`{"to":"42","category":"a","title":3}`:                                   "title: must be a string",
		`{"to":"42","category":"a","titel":"x"}`:                                 "titel: is not a known field",
		`{"to":"42","category":"a","body":"` + strings.Repeat("x", 1<<19) + `"}`: "the request has 5243",
	} {
		var pg *pgconn.PgError
		_, err := p.Exec(t.Context(), `SELECT belfry.belfry_send($1)`, request)
		if !errors.As(err, &pg) || pg.Code != "22023" || !strings.Contains(pg.Message, want) || !strings.Contains(pg.Hint, "POST /api/v1/notifications/") {
			t.Errorf("%.60s: got %v, want %q", request, err, want)
		}
	}
	for f := range reflect.TypeFor[belfry.Send]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		_, err := p.Exec(t.Context(), `SELECT belfry.belfry_send(jsonb_build_object('to', 'ada', 'category', 'a', $1::text, NULL))`, name)
		if err != nil && strings.Contains(err.Error(), "not a known field") {
			t.Errorf("%s: %v", name, err)
		}
	}
	role := pgtest.Name(url) + "_shop"
	as := func(statement string) error {
		_, err := p.Exec(t.Context(), `SET ROLE `+role+`; `+statement+`; RESET ROLE`)
		_, reset := p.Exec(t.Context(), `RESET ROLE`)
		return errors.Join(err, reset)
	}
	const ask = `SELECT belfry.belfry_send('{"to":"ada","category":"order.assigned","title":"by a role"}')`
	if _, err := p.Exec(t.Context(), `CREATE ROLE `+role+`; GRANT USAGE ON SCHEMA belfry TO `+role); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := shared.SQL(pgtest.Name(url), `DROP OWNED BY `+role+`; DROP ROLE `+role); err != nil {
			t.Error(err)
		}
	})
	if err := as(ask); err == nil || !strings.Contains(err.Error(), "permission denied for function") {
		t.Errorf("a role without the right: %v", err)
	}
	if _, err := p.Exec(t.Context(), `GRANT EXECUTE ON FUNCTION belfry.belfry_send TO `+role); err != nil {
		t.Fatal(err)
	}
	if err := as(ask); err != nil {
		t.Errorf("a role with the right: %v", err)
	}
	if err := as(`SELECT * FROM belfry.intake`); err == nil {
		t.Error("the role may read the intake")
	}
	serve(t, s, nil)
	takenIn(t, s)
	page, err := s.List(t.Context(), belfry.ListQuery{User: "ada", Limit: 9, Now: time.Now()})
	if err != nil || len(page.Results) == 0 || page.Results[0].Title != "by a role" {
		t.Errorf("the list has %+v, %v", page.Results, err)
	}
}

// TestIntakeRefused: what only the rules can refuse is put aside with its reason, stands in nobody's way, is forgotten with
// the person and after a month; and an idempotency key makes one send of two transactions.
func TestIntakeRefused(t *testing.T) {
	t.Parallel()
	url := again(t)
	s := openURL(t, url)
	p := pool(t, url)
	leave := func(key string, m *belfry.Send) belfry.ID {
		var id belfry.ID
		inTransaction(t, p, func(tx pgx.Tx) (err error) {
			id, err = postgres.AcceptTx(t.Context(), tx, m, key)
			return err
		})
		return id
	}
	untitled := send(belfry.ToUsers("ada", "bob"), "")
	late := send(belfry.ToUser("cyd"), "late")
	late.Send.ExpiresAt = start
	leave("", untitled.Send)
	first := leave("key", send(belfry.ToUser("dan"), "once").Send)
	leave("key", send(belfry.ToUser("dan"), "once").Send)
	leave("key", send(belfry.ToUser("dan"), "twice").Send)
	last := leave("", late.Send)
	serve(t, s, nil)
	state := takenIn(t, s)
	if state.Refused != 3 || state.Last != last || !strings.Contains(state.Reason, "expires_at: lies in the past") {
		t.Errorf("the intake holds %+v", state)
	}
	reasons, err := shared.SQL(pgtest.Name(url), `SELECT reason FROM belfry.intake ORDER BY place`)
	if err != nil || !strings.Contains(reasons, "title: is required") || !strings.Contains(reasons, "Idempotency-Key: was used before") {
		t.Errorf("the reasons are %s, %v", reasons, err)
	}
	page, err := s.List(t.Context(), belfry.ListQuery{User: "dan", Limit: 9, Now: time.Now()})
	if err != nil || len(page.Results) != 1 || page.Results[0].ID != first {
		t.Errorf("under one key stand %+v, %v", page.Results, err)
	}
	if err := errors.Join(s.PutUser(t.Context(), belfry.User{ID: "bob"}), s.EraseUser(t.Context(), "bob")); err != nil {
		t.Fatal(err)
	}
	if state := takenIn(t, s); state.Refused != 2 {
		t.Errorf("after bob was erased the intake holds %+v", state)
	}
	if _, _, err := s.Prune(t.Context(), time.Time{}, time.Now().Add(31*24*time.Hour), 100); err != nil {
		t.Fatal(err)
	}
	if state := takenIn(t, s); state != (belfry.IntakeState{}) {
		t.Errorf("after a month the intake holds %+v", state)
	}
	_, err = postgres.AcceptTx(t.Context(), nil, send(belfry.To{}, "nobody").Send, "")
	if !errors.Is(err, &belfry.Error{Code: belfry.CodeInvalid}) {
		t.Errorf("a send to nobody: %v", err)
	}
}

// TestIntakePoison: a deposit that cannot be stored is tried later, and those around it are taken in, in their order, once.
func TestIntakePoison(t *testing.T) {
	t.Parallel()
	url := again(t)
	s := openURL(t, url)
	p := pool(t, url)
	for _, title := range []string{"one", "two", "poison", "three", "four"} {
		inTransaction(t, p, func(tx pgx.Tx) error { return byAcceptTx(t.Context(), tx, send(belfry.ToUser("ada"), title).Send) })
	}
	decode := api.SendDecoder()
	read := func(d *belfry.Deposit) (belfry.Accept, error) {
		var m belfry.Send
		err := decode(d.Request, &m)
		return belfry.Accept{Send: &m, At: start, Decide: func(*belfry.Recipient) belfry.Decision {
			if m.Title == "poison" {
				panic("this is what poison does")
			}
			return belfry.Decision{Inbox: true}
		}}, err
	}
	take := func(now time.Time) (titles []string) {
		for more := true; more; {
			var taken []belfry.Taken
			var err error
			if taken, more, err = s.TakeIn(t.Context(), now, 100, read); err != nil && !strings.Contains(err.Error(), "this is what poison does") {
				t.Fatal(err)
			}
			for _, out := range taken {
				titles = append(titles, out.Accept.Send.Title)
			}
		}
		return titles
	}
	now := start
	if got := fmt.Sprint(take(now)); got != "[one two three four]" {
		t.Errorf("taken in: %s", got)
	}
	page, err := s.List(t.Context(), belfry.ListQuery{User: "ada", Limit: 9, Now: start})
	if err != nil || len(page.Results) != 4 || page.Results[0].Title != "four" || page.Results[3].Title != "one" {
		t.Errorf("the list has %+v, %v", page.Results, err)
	}
	if got := take(now.Add(time.Second)); got != nil {
		t.Errorf("too soon: %v", got)
	}
	for range 12 {
		now = now.Add(2 * time.Hour)
		take(now)
	}
	if state := takenIn(t, s); state.Refused != 1 || !strings.Contains(state.Reason, "many times over") {
		t.Errorf("in the end the intake holds %+v", state)
	}
}

// TestIntakeWaits: whoever ends the waiting for another node that is at it ends it at once.
func TestIntakeWaits(t *testing.T) {
	t.Parallel()
	url := again(t)
	s := openURL(t, url)
	p := pool(t, url)
	inTransaction(t, p, func(tx pgx.Tx) error { return byAcceptTx(t.Context(), tx, send(belfry.ToUser("ada"), "x").Send) })
	other, err := p.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Exec(t.Context(), `SELECT pg_advisory_xact_lock(1114400377, 1)`); err != nil {
		t.Fatal(err)
	}
	read := func(*belfry.Deposit) (belfry.Accept, error) { return belfry.Accept{}, errors.New("not reached") }
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	if taken, _, err := s.TakeIn(ctx, time.Now(), 10, read); err == nil || len(taken) > 0 || time.Since(began) > 5*time.Second {
		t.Errorf("after %v: %v, %v", time.Since(began), taken, err)
	}
	if err := other.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
}
