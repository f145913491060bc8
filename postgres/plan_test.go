package postgres_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/postgres"
)

// A question is something that a store does all day, and the indexes by which it finds what it needs.
type question struct {
	name    string
	ask     func(context.Context, *postgres.Store) error
	indexes string  // sorted; ? after those that a plan may do without, or that only a great table needs
	rows    float64 // that a step of it may touch; 0: manyRows
}

// means reports whether these are the indexes that are meant.
func (q *question) means(used []string) bool {
	for _, name := range strings.Fields(q.indexes) {
		name, optional := strings.CutSuffix(name, "?")
		i := slices.Index(used, name)
		switch {
		case i >= 0:
			used = slices.Delete(slices.Clone(used), i, i+1)
		case !optional:
			return false
		}
	}
	return len(used) == 0
}

// manyRows is more than anything but a sweep is about.
const manyRows = 5000

// planRows is how many notifications there are where nothing else is said. `make plans` has the ten million.
const planRows = 300_000

// TestPlans runs what is asked all day on a database of many notifications, and looks at how the server carried it out: not
// by copies of the statements but by the store itself, whose plans the server writes down. No table that grows is read from
// end to end, no step touches more rows than it is about, and the indexes are those that were made for it.
func TestPlans(t *testing.T) {
	t.Parallel()
	size := planRows
	if s := os.Getenv("PLAN_ROWS"); s != "" {
		var err error
		if size, err = strconv.Atoi(s); err != nil {
			t.Fatalf("PLAN_ROWS: %v", err)
		}
	}
	p := startPlanner(t)
	openURL(t, p.URL("postgres"))
	generate(t, p.Server, size)
	for i, q := range questions(size) {
		name := fmt.Sprintf("question-%d", i)
		s := p.open(t, name)
		p.plans(t, name) // those of opening it
		// Several times: a prepared statement's plan for any argument comes after five for the ones at hand.
		for range 7 {
			if err := q.ask(t.Context(), s); err != nil {
				t.Errorf("%s: %v", q.name, err)
			}
		}
		t.Run(q.name, func(t *testing.T) {
			found := p.plans(t, name)
			used, faults := judge(found, max(q.rows, manyRows))
			for _, f := range faults {
				t.Error(f)
			}
			if len(found) == 0 || !q.means(used) {
				t.Errorf("%d statements read by\n%q, want\n%q", len(found), strings.Join(used, " "), q.indexes)
			}
		})
	}
}

func decode64(t *testing.T, s string) string {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// rowID is the id of a generated row; see crowd.
func rowID(kind, n int) belfry.ID {
	id, err := belfry.ParseID(fmt.Sprintf("%08x-0000-7000-8000-%012x", kind, n))
	if err != nil {
		panic(err)
	}
	return id
}

func ignore[T any](_ T, err error) error { return err }

// questions are what is asked all day.
func questions(size int) []question {
	return slices.Concat(readerQuestions(size), senderQuestions(size), mailQuestions(), upkeepQuestions())
}

func readerQuestions(size int) []question {
	list := func(q belfry.ListQuery) func(context.Context, *postgres.Store) error {
		q.Limit, q.Now = 20, start
		return func(ctx context.Context, s *postgres.Store) error { return ignore(s.List(ctx, q)) }
	}
	resume := func(user string, seq, broadcast int64) func(context.Context, *postgres.Store) error {
		return func(ctx context.Context, s *postgres.Store) error {
			return ignore(s.Changes(ctx, user, belfry.Cursor{Epoch: s.Epoch(), Seq: seq, Broadcast: broadcast}, 100, start))
		}
	}
	mark := func(m belfry.Mark) func(context.Context, *postgres.Store) error {
		m.At = start
		return func(ctx context.Context, s *postgres.Store) error { return ignore(s.Mark(ctx, m)) }
	}
	head := int64(200 + 2*(size/20))
	return []question{
		{"connect", func(ctx context.Context, s *postgres.Store) error {
			return ignore(s.Changes(ctx, "user-7", belfry.Cursor{}, 100, start))
		}, "users_user_id_key", 0},
		{"resume", resume("user-7", 190, 20390), "broadcast_states_log broadcast_states_pkey broadcasts_gone broadcasts_live notifications_changed notifications_list users_user_id_key", 0},
		{"resume of somebody with very many", resume("user-1", head-50, 20390), "broadcast_states_log broadcast_states_pkey broadcasts_gone broadcasts_live notifications_changed notifications_list users_user_id_key", 0},
		{"resume far behind", resume("user-1", 10, 20000), "broadcast_states_pkey broadcasts_gone broadcasts_live users_user_id_key", 0},
		{"list", list(belfry.ListQuery{User: "user-7"}), "broadcast_states_pkey broadcasts_live notifications_list users_user_id_key", 0},
		{"list of somebody with very many", list(belfry.ListQuery{User: "user-1"}), "broadcast_states_pkey broadcasts_live notifications_list notifications_pkey users_user_id_key", 0},
		{"their few unread", list(belfry.ListQuery{User: "user-1", Filter: belfry.FilterUnread}), "broadcast_states_pkey broadcasts_live notifications_list notifications_pkey users_user_id_key", 0},
		{"a category", list(belfry.ListQuery{User: "user-7", Category: "order"}), "broadcast_states_pkey broadcasts_live notifications_list users_user_id_key", 0},
		{"a later page", list(belfry.ListQuery{User: "user-1", Before: &belfry.Position{Seq: head / 3, Broadcast: 9000}}), "broadcast_states_pkey broadcasts_live notifications_list notifications_pkey users_user_id_key", 0},
		{"find", func(ctx context.Context, s *postgres.Store) error {
			return ignore(s.Find(ctx, "user-1", rowID(2, 5), start))
		}, "notifications_pkey users_user_id_key", 0},
		{"mark", mark(belfry.Mark{User: "user-7", IDs: []belfry.ID{rowID(1, 7), rowID(4, 77)}, Set: belfry.StateChange{Seen: new(true)}}), "broadcast_states_pkey broadcasts_id_key broadcasts_live notifications_pkey users_pkey users_user_id_key", 0},
		{"mark all", mark(belfry.Mark{User: "user-9", All: true, Limit: 200, Set: belfry.StateChange{Read: new(true)}}), "broadcast_states_pkey broadcasts_live users_pkey users_user_id_key", 0},
		{"user", func(ctx context.Context, s *postgres.Store) error { return ignore(s.User(ctx, "user-11")) }, "users_user_id_key", 0},
		{"ticket", func(ctx context.Context, s *postgres.Store) error {
			k := belfry.Ticket{User: "user-11", ExpiresAt: start.Add(time.Minute)}
			if err := s.AddTicket(ctx, k); err != nil {
				return err
			}
			return ignore(s.TakeTicket(ctx, k.Hash, start))
		}, "tickets_pkey", 0},
		{"revocations of the last minute", func(ctx context.Context, s *postgres.Store) error {
			return ignore(s.Revoked(ctx, start.Add(-time.Minute)))
		}, "revocations_at", 0},
	}
}

func senderQuestions(size int) []question {
	accept := func(change func(*belfry.Accept)) func(context.Context, *postgres.Store) error {
		return func(ctx context.Context, s *postgres.Store) error {
			a := send(belfry.ToUser("user-13"), "x")
			change(&a)
			out, err := s.Accept(ctx, []belfry.Accept{a})
			if err == nil {
				err = out[0].Err
			}
			return err
		}
	}
	many := make([]string, 200)
	for i := range many {
		many[i] = fmt.Sprint("user-", 20+i)
	}
	return []question{
		{"send", accept(func(*belfry.Accept) {}), "users_pkey users_user_id_key", 0},
		{"send to 200", accept(func(a *belfry.Accept) { a.Send.To = belfry.ToUsers(many...) }), "users_pkey users_user_id_key", 0},
		{"send to all", accept(func(a *belfry.Accept) { a.Send.To = belfry.ToAll() }), "", 0},
		{"replace", accept(func(a *belfry.Accept) { a.Send.To, a.Send.DedupeKey = belfry.ToUser("user-10"), "order-10" }), "notifications_dedupe notifications_pkey users_pkey users_user_id_key", 0},
		{"send once", accept(func(a *belfry.Accept) { a.IdempotencyKey = "app\nnew" }), "answers_pkey users_pkey users_user_id_key", 0},
		{"receipt", func(ctx context.Context, s *postgres.Store) error { return ignore(s.Receipt(ctx, rowID(1, 40))) }, "broadcasts_id_key deliveries_notification notifications_pkey notifications_send users_pkey", 0},
		{"receipt of a send to several", func(ctx context.Context, s *postgres.Store) error { return ignore(s.Receipt(ctx, rowID(9, 7))) }, "broadcasts_id_key deliveries_notification notifications_pkey notifications_send", 0},
		{"retract", func(ctx context.Context, s *postgres.Store) error {
			out, err := s.Accept(ctx, []belfry.Accept{send(belfry.ToUser("user-14"), "x")})
			if err != nil {
				return err
			}
			return ignore(s.Retract(ctx, out[0].ID, start))
		}, "broadcasts_id_key notifications_pkey notifications_send users_pkey users_user_id_key", 0},
		{"take in", func(ctx context.Context, s *postgres.Store) error {
			taken, _, err := s.TakeIn(ctx, start, 20, func(*belfry.Deposit) (belfry.Accept, error) { return send(belfry.ToUser("user-15"), "x"), nil })
			if err == nil && len(taken) != 20 {
				err = fmt.Errorf("%d were taken in", len(taken))
			}
			return err
		}, "intake_pkey intake_waiting users_pkey users_user_id_key", 0},
		{"intake state", func(ctx context.Context, s *postgres.Store) error { return ignore(s.IntakeState(ctx)) }, "intake_refused intake_waiting", belfry.MaxIntakeCount},
		{"put user", func(ctx context.Context, s *postgres.Store) error { return s.PutUser(ctx, belfry.User{ID: "user-16"}) }, "users_pkey users_user_id_key", 0},
		{"set preferences", func(ctx context.Context, s *postgres.Store) error {
			return s.SetPreferences(ctx, "user-17", belfry.Preferences{"order": {belfry.Email: false}})
		}, "deliveries_user users_pkey users_user_id_key", 0},
	}
}
