package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/belfryhq/belfry"
)

// Many workers at once, and people who act meanwhile.

func mailCrowdRules() []rule {
	return []rule{
		{"16 workers, 500 mails: each is sent once", sixteenWorkers},
		{"an old token among the workers decides nothing", slowWorkers},
		{"reading races with sending: a mail is canceled or sent, as its log says", func(k *kit) {
			k.race(belfry.MailPlan{Unless: belfry.UnlessRead}, "read before it was sent", func(ctx context.Context, p posted) error {
				m := belfry.Mark{User: "ada", Set: belfry.StateChange{Read: new(true)}, IDs: []belfry.ID{p.notification}, At: k.now}
				_, err := k.store.Mark(ctx, m)
				return err
			})
		}},
		{"retracting races with sending: a mail is canceled or sent, as its log says", func(k *kit) {
			k.race(belfry.MailPlan{}, "retracted", func(ctx context.Context, p posted) error {
				_, err := k.store.Retract(ctx, p.notification, k.now)
				return err
			})
		}},
		{"one secret, 16 who ask: the same for all", func(k *kit) {
			secrets := make([][]byte, 16)
			k.together(16, func(ctx context.Context, i int) (err error) {
				secrets[i], err = k.store.Secret(ctx, "unsubscribe")
				return err
			})
			for _, s := range secrets {
				k.same("secret", s, secrets[0])
			}
		}},
	}
}

// postMany sends mails to ten people in one call.
func (k *kit) postMany(n int, l letter) {
	k.Helper()
	accepts := make([]belfry.Accept, n)
	for i := range accepts {
		l.user = fmt.Sprint("user-", i%10)
		accepts[i] = l.accept(k.now)
	}
	k.accept(accepts...)
}

// carry sends what a claim brought, as a worker does, and reports whether the mail was its own to the end.
func (k *kit) carry(ctx context.Context, m belfry.Mail) (bool, error) {
	err := k.store.Prepare(ctx, m.Lease, "<"+m.Delivery.ID.String()+"@x.org>", []byte("bytes"))
	if err == nil {
		err = k.store.Commit(ctx, m.Lease, "main")
	}
	if err == nil {
		a := belfry.Attempt{At: k.now, Code: 250, Text: fmt.Sprint(m.Lease.Token)}
		err = k.store.Settle(ctx, m.Lease, belfry.Settlement{State: belfry.Sent, At: k.now, Attempt: &a, Counts: true})
	}
	if errors.Is(err, belfry.ErrLeaseLost) {
		return false, nil
	}
	return err == nil, err
}

func sixteenWorkers(k *kit) {
	const size = 500
	start := k.now
	k.tick(time.Second)
	k.postMany(size, letter{})
	var mu sync.Mutex
	claimed := map[belfry.ID]int{}
	k.together(16, func(ctx context.Context, _ int) error {
		for {
			mails, _, err := k.store.Claim(ctx, belfry.ClaimQuery{Order: everyClass[:], Limit: 7, Now: k.now, Lease: leaseOfTests})
			if err != nil || len(mails) == 0 {
				return err
			}
			for _, m := range mails {
				mu.Lock()
				claimed[m.Delivery.ID]++
				mu.Unlock()
				if own, err := k.carry(ctx, m); err != nil || !own {
					return fmt.Errorf("mail %v: own %v: %w", m.Delivery.ID, own, err)
				}
			}
		}
	})
	k.same("number of mails claimed", len(claimed), size)
	for id, n := range claimed {
		k.same("claims of one", n, 1)
		k.same("attempts of one", len(k.delivery(id).Attempts), 1)
	}
	n, _, err := k.store.MailsSent(k.Context(), "main", start, 0)
	k.ok("mails sent", err)
	k.same("mails sent", n, size)
}

// slowWorkers claims everything again while others work under the leases before.
func slowWorkers(k *kit) {
	const size = 60
	k.postMany(size, letter{})
	mails, _ := k.claim(size)
	later := k.tick(leaseOfTests)
	owners := make([]map[belfry.ID]int64, 8) // who was told that their settlement holds, and under which token
	k.together(8, func(ctx context.Context, i int) error {
		owners[i] = map[belfry.ID]int64{}
		for j := range size / 4 {
			m := mails[(i%4)*(size/4)+j] // two have each of the old leases
			if i >= 4 {
				again, _, err := k.store.Claim(ctx, belfry.ClaimQuery{Order: everyClass[:], Limit: 1, Now: later, Lease: leaseOfTests})
				if err != nil || len(again) == 0 {
					return err
				}
				m = again[0]
			}
			own, err := k.settleOnce(ctx, m)
			if err != nil {
				return err
			}
			if own {
				owners[i][m.Delivery.ID] = m.Lease.Token
			}
		}
		return nil
	})
	settled := map[belfry.ID]int64{}
	for _, own := range owners {
		for id, token := range own {
			if settled[id] != 0 {
				k.Fatalf("two were told that their settlement of %v holds", id)
			}
			settled[id] = token
			d := k.delivery(id)
			k.same("attempts", len(d.Attempts), 1)
			k.same("whose it was", d.Attempts[0].Text, fmt.Sprint(token))
		}
	}
	k.same("number settled", len(settled), size)
}

func (k *kit) settleOnce(ctx context.Context, m belfry.Mail) (bool, error) {
	a := belfry.Attempt{At: k.now, Text: fmt.Sprint(m.Lease.Token)}
	err := k.store.Settle(ctx, m.Lease, belfry.Settlement{State: belfry.Sent, At: k.now, Attempt: &a})
	if errors.Is(err, belfry.ErrLeaseLost) {
		return false, nil
	}
	return err == nil, err
}

// race sends mails while somebody undoes each, and holds what each worker was told against what is stored.
func (k *kit) race(plan belfry.MailPlan, reason string, undo func(context.Context, posted) error) {
	k.Helper()
	const size = 40
	all := make([]posted, size)
	for i := range all {
		all[i] = k.post(letter{plan: plan})
	}
	var mu sync.Mutex
	sent := map[belfry.ID]int64{} // under which token
	k.together(8, func(ctx context.Context, i int) error {
		for j := range size {
			if i >= 4 {
				if j%4 == i-4 {
					if err := undo(ctx, all[j]); err != nil {
						return err
					}
				}
				continue
			}
			mails, _, err := k.store.Claim(ctx, belfry.ClaimQuery{Order: everyClass[:], Limit: 1, Now: k.now, Lease: leaseOfTests})
			if err != nil || len(mails) == 0 {
				return err
			}
			own, err := k.carry(ctx, mails[0])
			if err != nil {
				return err
			}
			if own {
				mu.Lock()
				sent[mails[0].Delivery.ID] = mails[0].Lease.Token
				mu.Unlock()
			}
		}
		return nil
	})
	k.same("left in the queue", k.deliveries(belfry.DeliveryQuery{State: belfry.Queued}), []belfry.ID{})
	for _, p := range all {
		d := k.delivery(p.delivery)
		if token := sent[p.delivery]; token != 0 {
			k.same("what a worker sent", [2]string{string(d.State), d.Attempts[0].Text}, [2]string{"sent", fmt.Sprint(token)})
		} else {
			k.same("what no worker sent", [2]string{string(d.State), d.Reason}, [2]string{"canceled", reason})
			k.same("its attempts", len(d.Attempts), 0)
		}
	}
}
