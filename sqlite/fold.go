package sqlite

import (
	"context"
	"math"
	"slices"

	"github.com/belfryhq/belfry"
)

// errUnfoldable is for mails that are too different to go as one.
var errUnfoldable = belfry.Errorf(belfry.CodeInvalid, "These mails cannot go as one.")

// Fold implements [belfry.Folder].
func (s *Store) Fold(ctx context.Context, leases []belfry.Lease, account, messageID string, message []byte) error {
	return failure("fold", s.writer.do(ctx, 2+len(leases), func(t *tx) error {
		all, err := t.foldable(leases, message)
		if err != nil {
			return err
		}
		for i, v := range all {
			if i == 0 {
				err = t.bear(v, account, messageID, message)
			} else {
				_, err = t.exec(`UPDATE deliveries SET token=token+1, due=NULL, message_id=?, account=?, committed=1, folded=? WHERE key=?`,
					messageID, account, all[0].key, v.key)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}))
}

// foldable returns what the leases are about, if it may all go as one.
func (t *tx) foldable(leases []belfry.Lease, message []byte) ([]*parcel, error) {
	if len(leases) < 2 || len(leases) > belfry.MaxFolded || len(message) == 0 {
		return nil, errUnfoldable
	}
	var all []*parcel
	var first kin
	for i, l := range leases {
		v, err := t.leased(l)
		if err != nil {
			return nil, err
		}
		k, err := t.kin(v.key)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			first = k
		}
		again := slices.ContainsFunc(all, func(other *parcel) bool { return other.key == v.key })
		if v.committed || k.bytes || again || !first.takes(k) {
			return nil, errUnfoldable
		}
		all = append(all, v)
	}
	return all, nil
}

// A kin is what mails that go as one have in common.
type kin struct {
	uid, class, atMostOnce, giveUp int64
	to                             string
	bytes, pinned                  bool
}

// takes reports whether another mail may go with one.
func (k kin) takes(other kin) bool {
	return k.uid == other.uid && k.to == other.to && k.class == other.class && k.class != int64(belfry.Urgent) &&
		k.atMostOnce == other.atMostOnce && k.giveUp <= other.giveUp && !k.pinned && !other.pinned
}

func (t *tx) kin(key int64) (k kin, err error) {
	err = t.query(func(r row) error {
		k = kin{uid: r.int(0), class: r.int(1), atMostOnce: r.int(2), giveUp: math.MaxInt64, to: r.text(4), bytes: r.int(5) != 0, pinned: r.int(6) != 0}
		if !r.null(3) {
			k.giveUp = r.int(3)
		}
		return nil
	}, `SELECT d.uid, d.class, d.at_most_once, d.give_up_at, d.recipient, m.message IS NOT NULL, d.pinned
		FROM deliveries d LEFT JOIN messages m ON m.key = d.key WHERE d.key=?`, key)
	return k, err
}

// bear makes a mail the one that stands for all.
func (t *tx) bear(v *parcel, account, messageID string, message []byte) error {
	if _, err := t.exec(`INSERT INTO messages (key, message) VALUES (?,?)
		ON CONFLICT (key) DO UPDATE SET message=excluded.message`, v.key, message); err != nil {
		return err
	}
	if _, err := t.exec(`UPDATE deliveries SET message_id=?, folded=key WHERE key=?`, messageID, v.key); err != nil {
		return err
	}
	return t.commitMail(v, account)
}

// company leases what may go with a mail that was just leased, and may be folded: what takes says, as a query, so that it ends
// where there are enough.
func (k *claiming) company(key int64) (with []belfry.Mail, err error) {
	var keys []int64
	err = k.query(func(r row) error {
		keys = append(keys, r.int(0))
		return nil
	}, `SELECT d.key FROM deliveries h CROSS JOIN deliveries d INDEXED BY deliveries_fold ON d.uid=h.uid CROSS JOIN notifications n
		ON n.key = d.notification_key WHERE h.key=?1 AND h.pinned=0 AND h.class<>?3 AND d.state='queued' AND d.fold=1 AND d.key<>?1
		AND d.recipient=h.recipient AND d.class=h.class AND d.at_most_once=h.at_most_once AND d.pinned=0 AND d.committed=0
		AND ifnull(d.give_up_at, ?4) >= ifnull(h.give_up_at, ?4) AND (d.leased_at IS NULL OR d.due <= ?2)
		AND (n.expires_at IS NULL OR n.expires_at > ?2)
		AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.key IN (h.key, d.key) AND m.message IS NOT NULL)
		ORDER BY d.key LIMIT ?5`, key, k.now, int64(belfry.Urgent), int64(math.MaxInt64), int64(belfry.MaxFolded-1))
	if err != nil {
		return nil, err
	}
	for _, other := range keys {
		m, err := k.lease(other)
		if err != nil {
			return nil, err
		}
		with = append(with, m)
	}
	return with, nil
}

// wentWith begins the reason of a mail that others stood for.
func wentWith(bearer belfry.ID) string { return "went with " + bearer.String() + ": " }

// wanted reports whether one of the mails that go as one is still to be sent. If none is, they end, in doubt as they are.
func (k *claiming) wanted(bearer belfry.ID, key int64) (bool, error) {
	n, err := k.number(`SELECT count(*) FROM deliveries d JOIN notifications n ON n.key = d.notification_key
		WHERE d.folded=?1 AND d.state='queued' AND d.doomed IS NULL AND (n.expires_at IS NULL OR n.expires_at > ?2)`, key, k.now)
	if err != nil || n > 0 {
		return n > 0, err
	}
	_, err = k.exec(`UPDATE deliveries SET state='ambiguous', reason=iif(key=?1, '', ?2) || ?3 || ifnull(doomed, ?4), next_attempt_at=NULL,
		due=NULL, leased_at=NULL, doomed=NULL, entry=NULL WHERE folded=?1 AND state='queued'`, key, wentWith(bearer), notAgain, reasonExpired)
	return false, err
}

// settleFolded settles all that one mail stands for. If that was not accepted, for certain, it is no more: each is a mail of
// its own again.
func (t *tx) settleFolded(v *parcel, bearer belfry.ID, s *belfry.Settlement) error {
	all := []*parcel{v}
	err := t.query(func(r row) error {
		all = append(all, &parcel{key: r.int(0), committed: r.int(1) != 0, doomed: r.text(2), attempts: r.text(3)})
		return nil
	}, `SELECT key, committed, doomed, attempts FROM deliveries WHERE folded=?1 AND state='queued' AND key<>?1 ORDER BY key`, v.key)
	if err != nil {
		return err
	}
	apart := s.State == belfry.Queued && s.Uncommitted
	stop := !slices.ContainsFunc(all, func(one *parcel) bool { return one.doomed == "" })
	for _, one := range all {
		with := ""
		if one != v && !apart {
			with = wentWith(bearer)
		}
		if err := t.conclude(one, s, stop, with); err != nil {
			return err
		}
	}
	if !apart {
		return nil
	}
	if _, err := t.exec(`UPDATE messages SET message=NULL WHERE key=?`, v.key); err != nil {
		return err
	}
	_, err = t.exec(`UPDATE deliveries SET folded=NULL, message_id='' WHERE folded=?`, v.key)
	return err
}

// widow ends the mails that went with those of a notification that is being removed: their bytes go with it.
func (t *tx) widow(n *note) error {
	_, err := t.exec(`UPDATE deliveries SET state='ambiguous', reason=?1, next_attempt_at=NULL, leased_at=NULL, doomed=NULL
		WHERE state='queued' AND folded<>key AND folded IN
		(SELECT key FROM deliveries INDEXED BY deliveries_notification WHERE notification_key=?2)`, notAgain+reasonWidowed, n.key)
	return err
}

// leaveFold makes a mail that has ended one of its own again, and reports whether it was not. If it had the bytes of all, nobody has
// them any more: it is about to get others.
func (t *tx) leaveFold(key int64) (bool, error) {
	n, err := t.exec(`UPDATE deliveries SET folded=NULL WHERE key=? AND folded IS NOT NULL`, key)
	if err != nil || n == 0 {
		return false, err
	}
	n, err = t.exec(`UPDATE deliveries SET folded=NULL WHERE folded=?`, key)
	if err == nil && n > 0 {
		_, err = t.exec(`UPDATE messages SET message=NULL WHERE key=?`, key)
	}
	return true, err
}
