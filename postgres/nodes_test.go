package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/postgres"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func send(to belfry.To, title string) belfry.Accept {
	return belfry.Accept{Send: &belfry.Send{To: to, Category: "order.assigned", Title: title}, At: start}
}

// TestCommitOrder: 64 writers on 4 nodes send to one person (and to others, and to everyone), and dawdle inside their
// transactions; half of them are an app that leaves its sends in transactions of its own. Readers on every node follow the
// log, and none ever sees a number whose predecessor it has not seen.
func TestCommitOrder(t *testing.T) {
	t.Parallel()
	const nodes, writers, each = 4, 64, 12
	url := again(t)
	var stores []*postgres.Store
	for range nodes {
		stores = append(stores, openURL(t, url))
		serve(t, stores[len(stores)-1], nil)
	}
	app := pool(t, url)
	var writing, reading sync.WaitGroup
	done := make(chan struct{})
	for _, s := range stores {
		reading.Go(func() { follow(t, s, "ada", done, writers*each) })
	}
	for w := range writers {
		leave := []func(context.Context, pgx.Tx, *belfry.Send) error{nil, byAcceptTx, nil, bySQL}[w%4]
		writing.Go(func() {
			for i := range each {
				to := []belfry.To{belfry.ToUser("ada"), belfry.ToUsers("bob", "ada"), belfry.ToUsers(fmt.Sprint("user-", w), "ada", "bob")}[i%3]
				a, all := send(to, fmt.Sprintf("%d from %d", i, w)), send(belfry.ToAll(), "all")
				if leave != nil {
					inTransaction(t, app, func(tx pgx.Tx) error {
						err := errors.Join(leave(t.Context(), tx, a.Send), leave(t.Context(), tx, all.Send))
						dawdle()
						return err
					})
					continue
				}
				a.Decide = func(*belfry.Recipient) belfry.Decision {
					dawdle()
					return belfry.Decision{Inbox: true}
				}
				if out, err := stores[w%nodes].Accept(t.Context(), []belfry.Accept{a, all}); err != nil || out[0].Err != nil {
					t.Errorf("accept: %v %v", err, out)
				}
			}
		})
	}
	writing.Wait()
	takenIn(t, stores[0])
	close(done)
	reading.Wait()
	for _, s := range stores {
		page, err := s.List(t.Context(), belfry.ListQuery{User: "ada", Limit: 10_000, Now: time.Now()})
		if err != nil || len(page.Results) != 2*writers*each || page.Counts.Unread != int64(2*writers*each) {
			t.Errorf("the list has %d, and says %+v, %v", len(page.Results), page.Counts, err)
		}
		inOrder(t, s)
	}
}

// dawdle keeps a transaction open: what the test is about.
func dawdle() { <-time.After(rand.N(2 * time.Millisecond)) }

// inOrder checks that what one writer sent to ada stands in her log in the order in which it was sent.
func inOrder(t *testing.T, s *postgres.Store) {
	t.Helper()
	c, err := s.Changes(t.Context(), "ada", belfry.Cursor{Epoch: s.Epoch()}, 10_000, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	next := map[int]int{}
	for _, item := range c.Items {
		var i, w int
		if n, _ := fmt.Sscanf(item.Notification.Title, "%d from %d", &i, &w); n != 2 {
			continue
		}
		if i != next[w] {
			t.Errorf("writer %d: after %d comes %d", w, next[w]-1, i)
		}
		next[w] = i + 1
	}
}

// follow reads a person's log until it has come to its end after done, and fails the test at the first hole.
func follow(t *testing.T, s *postgres.Store, user string, done <-chan struct{}, want int64) {
	at := belfry.Cursor{Epoch: s.Epoch()}
	for last := false; ; {
		c, err := s.Changes(t.Context(), user, at, 50, start)
		if err != nil || c.Reset != belfry.ResetNone {
			t.Errorf("changes after %v: %v %q", at, err, c.Reset)
			return
		}
		for _, item := range c.Items {
			switch {
			case item.Broadcast == at.Broadcast+1:
				at.Broadcast++
			case item.Broadcast == 0 && item.Seq == at.Seq+1:
				at.Seq++
			default:
				t.Errorf("after %v comes %d-%d", at, item.Seq, item.Broadcast)
				return
			}
		}
		if !c.More && (c.Head.Seq != at.Seq || c.Head.Broadcast != at.Broadcast) {
			t.Errorf("the log ends at %v, and its head is %v", at, c.Head)
			return
		}
		if last && !c.More {
			if at.Seq != want || at.Broadcast != want {
				t.Errorf("the log ends at %v, want %d of each", at, want)
			}
			return
		}
		select {
		case <-done:
			last = true
		default:
		}
	}
}

// TestStartedTogether: nodes that are started at once on an empty database make the tables once, and are of one epoch.
func TestStartedTogether(t *testing.T) {
	t.Parallel()
	url := shared.Database(t)
	epochs := make([]string, 8)
	var starting sync.WaitGroup
	for i := range epochs {
		starting.Go(func() {
			s, err := postgres.Open(t.Context(), url)
			if err != nil {
				t.Error(err)
				return
			}
			epochs[i] = s.Epoch()
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	starting.Wait()
	for _, e := range epochs {
		if e == "" || e != epochs[0] {
			t.Fatalf("the epochs are %q", epochs)
		}
	}
	if again := openURL(t, url).Epoch(); again != epochs[0] {
		t.Errorf("opened again, the epoch is %q", again)
	}
}

// TestGroupCommit: sends that wait at the same time share transactions.
func TestGroupCommit(t *testing.T) {
	t.Parallel()
	s := open(t)
	before := s.Stats()
	var sending sync.WaitGroup
	for i := range 400 {
		sending.Go(func() {
			if _, err := s.Accept(t.Context(), []belfry.Accept{send(belfry.ToUser(fmt.Sprint(i%50)), "x")}); err != nil {
				t.Error(err)
			}
		})
	}
	sending.Wait()
	changes, transactions := s.Stats().Changes-before.Changes, s.Stats().Transactions-before.Transactions
	if changes != 400 || transactions > 200 {
		t.Errorf("%d sends took %d transactions", changes, transactions)
	}
}

// TestDeadlock: whoever touches the same people in any order gets through, on whichever node.
func TestDeadlock(t *testing.T) {
	t.Parallel()
	url := again(t)
	a, b := openURL(t, url), openURL(t, url)
	var sending sync.WaitGroup
	for i := range 16 {
		sending.Go(func() {
			s := []*postgres.Store{a, b}[i%2]
			for j := range 10 {
				users := make([]string, 20)
				for n, at := range rand.Perm(20) {
					users[n] = fmt.Sprint("user-", at)
				}
				out, err := s.Accept(t.Context(), []belfry.Accept{send(belfry.ToUsers(users...), fmt.Sprint(i, j)), send(belfry.ToAll(), "all")})
				if err != nil {
					t.Errorf("accept: %v", err)
					continue
				}
				read := belfry.Mark{User: users[0], Set: belfry.StateChange{Read: new(true)}, IDs: []belfry.ID{out[1].ID}, At: start}
				if _, err := s.Mark(t.Context(), read); err != nil {
					t.Errorf("mark: %v", err)
				}
				if _, err := s.Retract(t.Context(), out[i%2].ID, start); err != nil {
					t.Errorf("retract: %v", err)
				}
			}
		})
	}
	sending.Wait()
	for i := range 20 {
		user := fmt.Sprint("user-", i)
		page, err := a.List(t.Context(), belfry.ListQuery{User: user, Filter: belfry.FilterUnread, Limit: 10_000, Now: start})
		if err != nil || page.Counts.Unread != int64(len(page.Results)) {
			t.Errorf("%s has %d unread, and the count is %+v, %v", user, len(page.Results), page.Counts, err)
		}
	}
}

// TestNodeGone: a node that stops in the middle of a transaction, as one that is cut off does, holds its locks for some seconds
// and no longer; what it was storing is stored when it is back.
func TestNodeGone(t *testing.T) {
	t.Parallel()
	url := again(t)
	gone, other := openURL(t, url), openURL(t, url)
	inside, back := make(chan struct{}), make(chan struct{})
	stop := sync.OnceFunc(func() {
		close(inside)
		<-back
	})
	a := send(belfry.ToUser("ada"), "from the one that stops")
	a.Decide = func(*belfry.Recipient) belfry.Decision {
		stop() // the first time
		return belfry.Decision{Inbox: true}
	}
	var sending sync.WaitGroup
	sending.Go(func() {
		if out, err := gone.Accept(t.Context(), []belfry.Accept{a}); err != nil || out[0].Err != nil {
			t.Errorf("the node that stopped: %v %+v", err, out)
		}
	})
	<-inside
	began := time.Now()
	if out, err := other.Accept(t.Context(), []belfry.Accept{send(belfry.ToUser("ada"), "from the other")}); err != nil || out[0].Err != nil {
		t.Errorf("the other node: %v %+v", err, out)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the other node waited %v", took)
	}
	close(back)
	sending.Wait()
	page, err := other.List(t.Context(), belfry.ListQuery{User: "ada", Limit: 10, Now: start})
	if err != nil || len(page.Results) != 2 {
		t.Errorf("the list has %d, %v", len(page.Results), err)
	}
}
