package postgres

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/belfryhq/belfry"
)

// maxClaimEnded bounds how many mails that are over one claim may come across and end, so that nobody waits for it long.
const maxClaimEnded = 500

// Claim implements [belfry.Outbox]. Mails that another claim is just taking are passed over, not waited for.
func (s *Store) Claim(ctx context.Context, q belfry.ClaimQuery) (mails []belfry.Mail, next time.Time, err error) {
	err = s.write(ctx, func(ctx context.Context, t *tx) error {
		k := claiming{tx: t, q: &q, now: q.Now.UnixMilli(), ids: [][16]byte{}, taken: map[belfry.ID]bool{}}
		err := k.run(ctx)
		mails, next = k.mails, k.next
		return err
	})
	if err != nil {
		return nil, time.Time{}, failure("claim", err)
	}
	return mails, next, nil
}

// A claiming is a claim under way.
type claiming struct {
	*tx
	q     *belfry.ClaimQuery
	now   int64
	ended int
	ids   [][16]byte // leased
	taken map[belfry.ID]bool
	heads []headed
	mails []belfry.Mail
	next  time.Time
}

// A headed is a mail that was claimed, and what was leased to go with it.
type headed struct {
	id   belfry.ID
	with []belfry.ID
}

// A candidate is a mail that is due.
type candidate struct {
	id                      belfry.ID
	doomed                  string
	committed, fold, folded bool
}

func (k *claiming) run(ctx context.Context) error {
	for _, class := range k.q.Order {
		for len(k.heads) < max(k.q.Limit, 1) && k.ended < maxClaimEnded {
			found, err := k.some(ctx, class)
			if err != nil {
				return err
			}
			if !found {
				break
			}
		}
		if len(k.heads) > 0 {
			break
		}
	}
	if err := k.look(ctx); err != nil {
		return err
	}
	if len(k.heads) == 0 {
		return nil
	}
	return k.read(ctx)
}

// some leases due mails of a class, and ends those that are no longer to be sent; not found: none is due.
func (k *claiming) some(ctx context.Context, class belfry.MailClass) (bool, error) {
	var found []candidate
	err := k.query(ctx, func(r row) error {
		c := candidate{r.id(0), r.text(1), r.is(3), r.is(4), !r.null(5)}
		if c.doomed == "" && !r.null(2) && r.int(2) <= k.now {
			c.doomed = reasonExpired
		}
		found = append(found, c)
		return nil
	}, `SELECT d.id, d.doomed, n.expires_at, d.committed, d.fold, d.folded FROM belfry.deliveries d
		JOIN belfry.notifications n ON n.id=d.notification_id
		WHERE d.state='queued' AND d.class=$1 AND d.due <= $2 ORDER BY d.due, d.id LIMIT $3 FOR UPDATE OF d SKIP LOCKED`,
		int64(class), k.now, int64(max(k.q.Limit, 1)-len(k.heads)))
	if err != nil {
		return false, err
	}
	for _, c := range found {
		if err := k.one(ctx, &c); err != nil {
			return false, err
		}
	}
	return len(found) > 0, nil
}

// one leases a mail with what may go with it, or ends it.
func (k *claiming) one(ctx context.Context, c *candidate) error {
	switch {
	case k.taken[c.id]: // it goes with one before it
		return nil
	case c.folded:
		if wanted, err := k.wanted(ctx, c.id); err != nil || !wanted {
			k.ended++
			return err
		}
	case c.doomed != "":
		k.ended++
		k.queue(`UPDATE belfry.deliveries SET leased_at=NULL WHERE id=$1`, key(c.id)) // the lease, if there was one, has run out
		k.queue(setCanceled+`id=$3`, c.doomed, notAgain, key(c.id))
		return nil
	}
	k.lease(c.id)
	if c.folded {
		k.queue(`UPDATE belfry.deliveries SET leased_at=$1 WHERE folded=$2 AND state='queued'`, k.now, key(c.id))
	}
	h := headed{id: c.id}
	var err error
	if c.fold && !c.committed {
		h.with, err = k.company(ctx, c.id)
	}
	k.heads = append(k.heads, h)
	return err
}

func (k *claiming) lease(id belfry.ID) {
	k.queue(`UPDATE belfry.deliveries SET token=token+1, leased_at=$1, due=$2, entry=NULL WHERE id=$3`,
		k.now, k.now+max(k.q.Lease.Milliseconds(), 1), key(id))
	k.ids, k.taken[id] = append(k.ids, id), true
}

// look finds when the earliest of what was not claimed is due.
func (k *claiming) look(ctx context.Context) error {
	for _, class := range k.q.Order {
		k.ask(func(r row) error {
			if due := r.time(0); k.next.IsZero() || due.Before(k.next) {
				k.next = due
			}
			return nil
		}, `SELECT due FROM belfry.deliveries WHERE state='queued' AND class=$1 AND due IS NOT NULL AND NOT id = ANY($2) ORDER BY due LIMIT 1`, int64(class), k.ids)
	}
	return k.flush(ctx)
}

// read returns what was leased, in the order of the claim.
func (k *claiming) read(ctx context.Context) error {
	found := map[belfry.ID]*belfry.Mail{}
	var addresses []string
	err := k.query(ctx, func(r row) error {
		m, err := scanMail(r)
		found[m.Delivery.ID] = &m
		addresses = append(addresses, strings.ToLower(m.Delivery.To))
		return err
	}, `SELECT `+noteColumns+`, `+deliveryColumns+`, d.token, d.committed, d.class, d.unless, d.at_most_once, d.give_up_at, d.thread,
		m.content, m.message, d.pinned, CASE WHEN d.folded IS NULL THEN 0
		ELSE (SELECT count(*) FROM belfry.deliveries f WHERE f.folded=d.id AND f.state='queued') END, d.fold, `+personColumns+`
		FROM belfry.deliveries d JOIN belfry.notifications n ON n.id = d.notification_id
		JOIN belfry.users u ON u.uid = d.uid LEFT JOIN belfry.messages m ON m.id = d.id WHERE d.id = ANY($1)`, k.ids)
	if err != nil {
		return err
	}
	suppressed := map[string]string{}
	err = k.query(ctx, func(r row) error {
		suppressed[r.text(0)] = r.text(1)
		return nil
	}, `SELECT address, reason FROM belfry.suppressions WHERE address = ANY($1)`, addresses)
	for _, m := range found {
		m.Suppressed = suppressed[strings.ToLower(m.Delivery.To)]
	}
	for _, h := range k.heads {
		m := *found[h.id]
		for _, id := range h.with {
			m.With = append(m.With, *found[id])
		}
		k.mails = append(k.mails, m)
	}
	return err
}

func scanMail(r row) (m belfry.Mail, err error) {
	n, err := scanNote(r)
	if err != nil {
		return m, err
	}
	m.Notification = n.n
	r = r[noteWidth:]
	if m.Delivery, err = scanDelivery(r, ""); err != nil {
		return m, err
	}
	r = r[deliveryWidth:]
	m.Lease = belfry.Lease{Delivery: m.Delivery.ID, Token: r.int(0)}
	m.Committed = r.is(1)
	m.Plan = belfry.MailPlan{
		Class: belfry.MailClass(r.int(2)), Unless: belfry.Unless(r.text(3)), AtMostOnce: r.is(4), GiveUpAt: r.time(5), Thread: r.text(6),
	}
	if !r.null(7) {
		if err := json.Unmarshal([]byte(r.text(7)), &m.Plan.Content); err != nil {
			return m, fmt.Errorf("read the stored content of a mail: %w", err)
		}
	}
	m.Message = bytes.Clone(r.blob(8))
	m.Folded, m.Fold = int(r.int(10)), r.is(11)
	if m.Committed || r.is(9) {
		m.Only = m.Delivery.Account
	}
	p, err := scanPerson(r[12:])
	if err != nil {
		return m, err
	}
	m.User, m.Delivery.User = p.user, p.user.ID
	return m, nil
}
