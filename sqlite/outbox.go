package sqlite

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/belfryhq/belfry"
)

// maxClaimEnded bounds how many mails that are over one claim may come across and end, so that nobody waits for it long.
const maxClaimEnded = 500

// Claim implements [belfry.Outbox].
func (s *Store) Claim(ctx context.Context, q belfry.ClaimQuery) (mails []belfry.Mail, next time.Time, err error) {
	var out []belfry.Mail
	var due time.Time
	err = s.writer.do(ctx, 2*max(q.Limit, 1), func(t *tx) (err error) {
		k := claiming{tx: t, q: &q, now: q.Now.UnixMilli()}
		err = k.run()
		out, due = k.mails, k.next
		return err
	})
	if err != nil {
		return nil, time.Time{}, failure("claim", err)
	}
	return out, due, nil
}

// A claiming is a claim under way.
type claiming struct {
	*tx
	q     *belfry.ClaimQuery
	now   int64
	ended int
	keys  []int64 // claimed
	mails []belfry.Mail
	next  time.Time
}

func (k *claiming) run() error {
	for _, class := range k.q.Order {
		for len(k.mails) < max(k.q.Limit, 1) && k.ended < maxClaimEnded {
			more, err := k.one(class)
			if err != nil {
				return err
			}
			if !more {
				break
			}
		}
		if len(k.mails) > 0 {
			break
		}
	}
	for _, class := range k.q.Order {
		if err := k.look(class); err != nil {
			return err
		}
	}
	return nil
}

// one leases the next due mail of a class, or ends it when it is no longer to be sent; not more: none is due.
func (k *claiming) one(class belfry.MailClass) (more bool, err error) {
	var key, random, expires int64
	var committed, fold, folded bool
	var doomed string
	err = k.query(func(r row) error {
		key, random, committed, doomed, expires = r.int(0), r.int(1), r.int(2) != 0, r.text(3), r.int(4)
		fold, folded = r.int(5) != 0, !r.null(6)
		return errEnough
	}, `SELECT d.key, d.rand, d.committed, d.doomed, n.expires_at, d.fold, d.folded FROM deliveries d INDEXED BY deliveries_due
		CROSS JOIN notifications n ON n.key = d.notification_key
		WHERE d.state='queued' AND d.class=? AND d.due <= ? ORDER BY d.due, d.key LIMIT 1`, int64(class), k.now)
	if err != nil || key == 0 {
		return false, err
	}
	if doomed == "" && expires != 0 && expires <= k.now {
		doomed = reasonExpired
	}
	switch {
	case folded:
		if wanted, err := k.wanted(toID(key, random), key); err != nil || !wanted {
			k.ended++
			return true, err
		}
	case doomed != "":
		k.ended++
		return true, k.cancelMail(key, committed, false, doomed)
	}
	mail, err := k.lease(key)
	if err == nil && fold && !committed {
		mail.With, err = k.company(key)
	}
	k.mails = append(k.mails, mail)
	return true, err
}

// lease leases a mail, and those for which it stands.
func (k *claiming) lease(key int64) (belfry.Mail, error) {
	end := k.now + max(k.q.Lease.Milliseconds(), 1)
	if _, err := k.exec(`UPDATE deliveries SET token=token+1, leased_at=?, due=?, entry=NULL WHERE key=?`, k.now, end, key); err != nil {
		return belfry.Mail{}, err
	}
	k.keys = append(k.keys, key)
	mail, err := k.mail(key)
	if err == nil && mail.Folded > 0 {
		_, err = k.exec(`UPDATE deliveries SET leased_at=? WHERE folded=? AND state='queued'`, k.now, key)
	}
	return mail, err
}

// look finds when the earliest of the class that was not claimed is due.
func (k *claiming) look(class belfry.MailClass) error {
	return k.query(func(r row) error {
		if slices.Contains(k.keys, r.int(0)) {
			return nil
		}
		if due := r.time(1); k.next.IsZero() || due.Before(k.next) {
			k.next = due
		}
		return errEnough
	}, `SELECT key, due FROM deliveries INDEXED BY deliveries_due WHERE state='queued' AND class=? AND due IS NOT NULL ORDER BY due, key`, int64(class))
}

// mail returns a mail that was just leased.
func (t *tx) mail(key int64) (m belfry.Mail, err error) {
	var uid int64
	err = t.query(func(r row) error {
		n, err := scanNote(r)
		if err != nil {
			return err
		}
		uid, m.Notification = n.uid, n.n
		r = r[noteWidth:]
		if m.Delivery, err = scanDelivery(r, ""); err != nil {
			return err
		}
		r = r[deliveryWidth:]
		m.Lease = belfry.Lease{Delivery: m.Delivery.ID, Token: r.int(0)}
		m.Committed = r.int(1) != 0
		m.Plan = belfry.MailPlan{
			Class: belfry.MailClass(r.int(2)), Unless: belfry.Unless(r.text(3)), AtMostOnce: r.int(4) != 0, GiveUpAt: r.time(5), Thread: r.text(6),
		}
		if !r.null(7) {
			if err := json.Unmarshal([]byte(r.text(7)), &m.Plan.Content); err != nil {
				return fmt.Errorf("read the stored content of a mail: %w", err)
			}
		}
		m.Message = bytes.Clone(r.blob(8))
		m.Folded, m.Fold = int(r.int(10)), r.int(11) != 0
		if m.Committed || r.int(9) != 0 {
			m.Only = m.Delivery.Account
		}
		return nil
	}, `SELECT `+noteColumns+`, `+deliveryColumns+`, d.token, d.committed, d.class, d.unless, d.at_most_once, d.give_up_at, d.thread,
		m.content, m.message, d.pinned,
		iif(d.folded IS NULL, 0, (SELECT count(*) FROM deliveries f WHERE f.folded=d.key AND f.state='queued')), d.fold FROM deliveries d JOIN notifications n ON n.key = d.notification_key
		LEFT JOIN messages m ON m.key = d.key WHERE d.key=?`, key)
	if err != nil {
		return m, err
	}
	p, err := t.owner(uid)
	if err != nil {
		return m, err
	}
	m.User, m.Delivery.User = p.user, p.user.ID
	err = t.query(func(r row) error {
		m.Suppressed = r.text(0)
		return nil
	}, `SELECT reason FROM suppressions WHERE address=?`, strings.ToLower(m.Delivery.To))
	return m, err
}
