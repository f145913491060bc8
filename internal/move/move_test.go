package move_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/move"
	"github.com/belfryhq/belfry/postgres"
	"github.com/belfryhq/belfry/sqlite"
)

// fill writes something into every table of a file, and leaves a mail in the moment when nobody knows whether it was sent.
func fill(t *testing.T, s *sqlite.Store) {
	t.Helper()
	mail := send(belfry.ToUsers("ada", "bob"), "mailed")
	mail.Decide = func(r *belfry.Recipient) belfry.Decision {
		return belfry.Decision{Inbox: true, Deliveries: []belfry.Delivery{{
			Channel: belfry.Email, To: r.User.ID + "@example.com", State: belfry.Queued, NextAttemptAt: start,
			Plan: &belfry.MailPlan{Thread: "7", Content: &belfry.EmailContent{Subject: "hello"}},
		}}}
	}
	replayed := send(belfry.ToUser("ada"), "once")
	replayed.IdempotencyKey = "the key"
	all := accept(t, s, mail, replayed, send(belfry.ToAll(), "to all"))
	mails, _, err := s.Claim(t.Context(), belfry.ClaimQuery{Order: []belfry.MailClass{belfry.Transactional}, Limit: 1, Now: start, Lease: time.Minute})
	if err != nil || len(mails) != 1 {
		t.Fatalf("claimed %d, %v", len(mails), err)
	}
	lease := mails[0].Lease
	_, marked := s.Mark(t.Context(), belfry.Mark{User: "ada", IDs: []belfry.ID{all[2].ID}, Set: belfry.StateChange{Read: new(true)}, At: start})
	_, full := s.FullMailbox(t.Context(), "full@example.com", start)
	_, secret := s.Secret(t.Context(), "mail")
	err = errors.Join(marked, full, secret,
		s.Prepare(t.Context(), lease, "<1@example.com>", []byte("the bytes")),
		s.Commit(t.Context(), lease, "gmail"),
		s.PutUser(t.Context(), belfry.User{ID: "ada", Name: "Ada", Email: "ada@example.com", Timezone: "Europe/Vienna", Data: []byte(`{"a":1}`)}),
		s.SetPreferences(t.Context(), "bob", belfry.Preferences{"*": {belfry.Email: false}}),
		s.AddKey(t.Context(), belfry.Key{Name: "shop", Hash: belfry.SecretHash{1}, Scopes: belfry.ScopeAdmin, CreatedAt: start}),
		s.AddTicket(t.Context(), belfry.Ticket{Hash: belfry.SecretHash{2}, User: "ada", ExpiresAt: start.Add(time.Hour)}),
		s.Revoke(t.Context(), belfry.Revocation{User: "cay", At: start}),
		s.PutMailAccount(t.Context(), belfry.MailAccount{Name: "gmail", ParkedUntil: start, Reason: "quota", NeedsPerson: true, Strikes: 2}),
	)
	if err != nil {
		t.Fatal(err)
	}
}

// raw changes the file in a way that no store offers.
func (s side) raw(t *testing.T, statements ...string) {
	t.Helper()
	db := openRaw(t, s.file)
	for _, each := range statements {
		if _, err := db.ExecContext(t.Context(), each); err != nil {
			t.Fatalf("%s: %v", each, err)
		}
	}
	shut(t, db)
}

// filled is a side whose file has something in every table.
func filled(t *testing.T) side {
	t.Helper()
	s := newSide(t)
	store := s.source(t)
	fill(t, store)
	shut(t, store)
	s.raw(t, noText)
	return s
}

// noText stores what a mail server said, with a byte that is no text and one that is 0.
const noText = `INSERT INTO suppressions VALUES ('gone@example.com', CAST(x'35353020ff00' AS TEXT))`

// TestEverything: every table comes along, and what is said of it by the store of the other kind is the same.
func TestEverything(t *testing.T) {
	t.Parallel()
	s := newSide(t)
	source := s.source(t)
	fill(t, source)
	before := readAll(t, source)
	shut(t, source)
	s.raw(t, noText)
	was := contents(t, s.file)
	for name, m := range s.moved(t) {
		if m.Rows == 0 || m.Written != m.Rows {
			t.Errorf("%s: %d rows are there, and %d were written; the test must have some in every table", name, m.Rows, m.Written)
		}
	}
	if contents(t, s.file) != was {
		t.Error("the source was changed")
	}
	store := s.target(t)
	if diff := cmp.Diff(before, readAll(t, store), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("moved, it says otherwise (-before +after):\n%s", diff)
	}
	// The mail that was committed is in doubt, when its lease ends and not before; the other is due.
	claim := func(at time.Time) (mails []belfry.Mail) {
		mails, _, err := store.Claim(t.Context(), belfry.ClaimQuery{Order: []belfry.MailClass{belfry.Transactional}, Limit: 9, Now: at, Lease: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		return mails
	}
	if due := claim(start); len(due) != 0 { // bob wants no mail
		t.Errorf("due at once: %+v", due)
	}
	late := claim(start.Add(2 * time.Minute))
	if len(late) != 1 || !late[0].Committed || late[0].Only != "gmail" || string(late[0].Message) != "the bytes" || late[0].Plan.Content.Subject != "hello" {
		t.Errorf("due after the lease: %+v", late)
	}
	if text := dbExec(t, s.url, `SELECT reason FROM belfry.suppressions`); text != "550 \uFFFD\uFFFD" {
		t.Errorf("what is no text elsewhere became %q", text)
	}
	// Whoever comes now is somebody new.
	accept(t, store, send(belfry.ToUser("dan"), "hello"))
	if found := readAll(t, store)["list of dan"]; !strings.Contains(fmt.Sprint(found), "hello") {
		t.Errorf("somebody new has %v", found)
	}
}

// readAll asks a store for everything that it can be asked for.
func readAll(t *testing.T, s belfry.Store) map[string]any {
	t.Helper()
	all := map[string]any{"epoch": s.Epoch()}
	note := func(what string) func(any, error) {
		return func(found any, err error) {
			if all[what] = found; err != nil && !errors.Is(err, belfry.ErrNotFound) {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	for _, u := range []string{"ada", "bob", "cay", "dan"} {
		page, err := s.List(t.Context(), belfry.ListQuery{User: u, Filter: belfry.FilterAll, Limit: 100, Now: start})
		note("list of "+u)(page, err)
		changes, err := s.Changes(t.Context(), u, belfry.Cursor{Epoch: s.Epoch()}, 100, start)
		note("log of "+u)(changes, err)
		user, err := s.User(t.Context(), u)
		note("user "+u)(user, err)
		prefs, err := s.Preferences(t.Context(), u)
		note("preferences of "+u)(prefs, err)
	}
	deliveries, err := s.Deliveries(t.Context(), belfry.DeliveryQuery{Limit: 100})
	note("deliveries")(deliveries, err)
	for _, d := range deliveries.Results {
		_, message, err := s.Delivery(t.Context(), d.ID)
		note("message of "+d.To)(message, err)
		receipt, err := s.Receipt(t.Context(), d.NotificationID)
		note("receipt of "+d.To)(receipt, err)
	}
	keys, err := s.Keys(t.Context())
	note("keys")(keys, err)
	revoked, err := s.Revoked(t.Context(), time.Time{})
	note("revoked")(revoked, err)
	account, err := s.MailAccount(t.Context(), "gmail")
	note("account")(account, err)
	n, earliest, err := s.MailsSent(t.Context(), "gmail", time.Time{}, 9)
	note("mails sent")([]any{n, earliest}, err)
	secret, err := s.Secret(t.Context(), "mail")
	note("secret")(secret, err)
	again := send(belfry.ToUser("ada"), "once")
	again.IdempotencyKey = "the key"
	out := accept(t, s, again)
	if note("answer")(out, nil); !out[0].Replayed {
		t.Error("the answer under an idempotency key was forgotten")
	}
	return all
}

// contents returns what is in the file, and in the log beside it.
func contents(t *testing.T, file string) string {
	t.Helper()
	var all []byte
	for _, name := range []string{file, file + "-wal"} {
		b, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	return string(all)
}

// TestCopyOfMoved: the epoch is the database's that was moved into, and not that of a copy restored elsewhere.
func TestCopyOfMoved(t *testing.T) {
	t.Parallel()
	s := filled(t)
	s.moved(t)
	url := shared.Copy(t, s.url)
	original := s.target(t).Epoch()
	copied, err := postgres.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, copied)
	if source := s.source(t).Epoch(); original != source || copied.Epoch() == source {
		t.Errorf("the source is of the epoch %s, the target of %s, its copy of %s", source, original, copied.Epoch())
	}
}

// TestInterrupted: however a move ends, another goes on with what is there, and servers are refused meanwhile.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	s := newSide(t)
	store := s.source(t)
	var sends []belfry.Accept
	for i := range 9000 {
		sends = append(sends, send(belfry.ToUser(fmt.Sprint("user ", i%700)), fmt.Sprint(i)))
	}
	accept(t, store, sends...)
	shut(t, store)

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := s.move(ctx, func(m *move.Mover) {
		m.Progress = func(p move.Progress) {
			if p.Table == "notifications" && p.Done >= 4000 {
				cancel()
			}
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want it to be canceled", err)
	}
	for range 2 { // the server ends the connection, somewhere
		n := 0
		_, err := s.move(t.Context(), func(m *move.Mover) {
			m.Progress = func(p move.Progress) {
				if n++; p.Checking && n > 8 {
					dbExec(t, s.url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname=current_database() AND application_name='belfry move'`)
				}
			}
		})
		if err == nil || !strings.Contains(err.Error(), "the server does not answer") {
			t.Fatalf("got %v, want that the connection was lost", err)
		}
	}
	for what, open := range map[string]func() error{
		"open":  func() error { _, err := postgres.Open(t.Context(), s.url); return err },
		"admin": func() error { _, err := postgres.OpenAdmin(t.Context(), s.url); return err },
	} {
		if err := open(); err == nil || !strings.Contains(err.Error(), "run `belfry move` again") {
			t.Errorf("%s: a half-moved database is answered with %v", what, err)
		}
	}
	// Rows that went astray meanwhile are put right.
	dbExec(t, s.url, `DELETE FROM belfry.users WHERE uid=5`, `UPDATE belfry.notifications SET title='x' WHERE id=(SELECT min(id::text)::uuid FROM belfry.notifications)`,
		`INSERT INTO belfry.keys (name, hash, created_at) VALUES ('stranger', '', 0)`)
	moved := s.moved(t)
	if n := moved["notifications"]; n.Rows != 9000 || n.Written != 2000 {
		t.Errorf("the second move wrote %d of %d", n.Written, n.Rows)
	}
	if n := moved["users"]; n.Rows != 700 || n.Written != 700 {
		t.Errorf("the second move wrote %d of %d people", n.Written, n.Rows)
	}
	if keys, err := s.target(t).Keys(t.Context()); err != nil || len(keys) != 0 {
		t.Errorf("the keys are %v, %v", keys, err)
	}
}

// TestAhead: a copy ahead of the move takes place beside a server, and the move then writes what has changed since.
func TestAhead(t *testing.T) {
	t.Parallel()
	s := newSide(t)
	store := s.source(t)
	fill(t, store)
	if _, err := s.move(t.Context()); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("process %d has it open", os.Getpid())) || !strings.Contains(err.Error(), "--ahead") {
		t.Errorf("with a server: got %v", err)
	}
	first := s.moved(t, ahead)
	if n := first["notifications"]; n.Written != 3 {
		t.Errorf("ahead, %d were written", n.Written)
	}
	if err := store.EraseUser(t.Context(), "bob"); err != nil {
		t.Fatal(err)
	}
	accept(t, store, send(belfry.ToUser("dan"), "late"))
	before := readAll(t, store)
	shut(t, store)
	second := s.moved(t)
	for name, m := range second {
		changed := slices.Contains([]string{"users", "notifications", "deliveries", "messages"}, name)
		if changed != (m.Written > 0) && m.Rows > 0 {
			t.Errorf("%s: %d of %d rows were written, and changed is %v", name, m.Written, m.Rows, changed)
		}
	}
	if diff := cmp.Diff(before, readAll(t, s.target(t)), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("moved, it says otherwise (-before +after):\n%s", diff)
	}
}

// TestTwice: a move that is done is compared and no more, and a single value that differs is told with its place.
func TestTwice(t *testing.T) {
	t.Parallel()
	s := filled(t)
	s.moved(t)
	for name, m := range s.moved(t) {
		if m.Written != 0 {
			t.Errorf("%s: %d rows were written again", name, m.Written)
		}
	}
	for damage, want := range map[string]string{
		`UPDATE belfry.notifications SET title=title||'.' WHERE id=(SELECT id FROM belfry.notifications ORDER BY id LIMIT 1 OFFSET 1)`: "compare notifications: row 2 (in the order of the keys) has another title",
		`UPDATE belfry.users SET seq=seq+1 WHERE user_id='ada'`:                                                                        "compare users: row 1 (in the order of the keys) has another seq",
		`UPDATE belfry.deliveries SET committed=NOT committed`:                                                                         "compare deliveries: row 1 (in the order of the keys) has another committed",
		`DELETE FROM belfry.messages`:                                                                                                  "compare messages: from row 1 on (in the order of the keys) the source has",
		`INSERT INTO belfry.suppressions VALUES ('x@example.com', '')`:                                                                 "compare suppressions: from row 2 on (in the order of the keys) the source has 0 rows where the target has 1",
		`UPDATE belfry.meta SET floor=floor+1`:                                                                                         "has another floor",
	} {
		t.Run(want, func(t *testing.T) {
			copied := shared.Copy(t, s.url)
			dbExec(t, copied, `UPDATE belfry.meta SET home=split_part(home, '/', 1) || '/' || (SELECT oid FROM pg_database WHERE datname=current_database())`, damage)
			damaged := side{s.file, copied}
			_, err := damaged.move(t.Context())
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got  %v\nwant %s", err, want)
			}
			differs := new(move.Mismatch)
			if !errors.As(err, &differs) {
				t.Errorf("the error is a %T", err)
			}
		})
	}
}

// TestChangedOnTheWay: what is written and not what was to be written never becomes a database that servers open.
func TestChangedOnTheWay(t *testing.T) {
	t.Parallel()
	s := filled(t)
	target, err := postgres.Open(t.Context(), s.url)
	if err != nil {
		t.Fatal(err)
	}
	shut(t, target)
	dbExec(t, s.url, `CREATE FUNCTION belfry.shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.title := upper(NEW.title); RETURN NEW; END $$`,
		`CREATE TRIGGER shout BEFORE INSERT ON belfry.notifications FOR EACH ROW EXECUTE FUNCTION belfry.shout()`)
	_, err = s.move(t.Context())
	if err == nil || !strings.Contains(err.Error(), "compare notifications: row 1 (in the order of the keys) has another title") {
		t.Errorf("got %v", err)
	}
	if _, err := postgres.Open(t.Context(), s.url); err == nil || !strings.Contains(err.Error(), "is not finished") {
		t.Errorf("a server may open it: %v", err)
	}
	dbExec(t, s.url, `DROP TRIGGER shout ON belfry.notifications`)
	if moved := s.moved(t); moved["notifications"].Written == 0 || moved["users"].Written != 0 {
		t.Errorf("without the trigger: %+v", moved)
	}
}
