package postgres

import (
	"context"
	"math"

	"github.com/belfryhq/belfry"
)

// errUnfoldable is for mails that are too different to go as one.
var errUnfoldable = belfry.Errorf(belfry.CodeInvalid, "These mails cannot go as one.")

// Fold implements [belfry.Folder].
func (s *Store) Fold(ctx context.Context, leases []belfry.Lease, account, messageID string, message []byte) error {
	return failure("fold", s.write(ctx, func(ctx context.Context, t *tx) error {
		all, err := t.foldable(ctx, leases, message)
		if err != nil {
			return err
		}
		first := all[0]
		t.queue(`INSERT INTO belfry.messages (id, message) VALUES ($1,$2) ON CONFLICT (id) DO UPDATE SET message=excluded.message`,
			key(first.id), message)
		t.queue(`UPDATE belfry.deliveries SET message_id=$1, folded=id WHERE id=$2`, clean(messageID), key(first.id))
		t.commitMail(first, account)
		for _, v := range all[1:] {
			t.queue(`UPDATE belfry.deliveries SET token=token+1, due=NULL, message_id=$1, account=$2, committed=true, folded=$3 WHERE id=$4`,
				clean(messageID), account, key(first.id), key(v.id))
		}
		return nil
	}))
}

// foldable returns what the leases are about, if it may all go as one, and locks it: the person first, as whoever cancels
// mails does.
func (t *tx) foldable(ctx context.Context, leases []belfry.Lease, message []byte) ([]*parcel, error) {
	if len(leases) < 2 || len(leases) > belfry.MaxFolded || len(message) == 0 {
		return nil, errUnfoldable
	}
	uid, err := t.number(ctx, `SELECT uid FROM belfry.deliveries WHERE id=$1`, key(leases[0].Delivery))
	if err != nil {
		return nil, err
	}
	if err := t.lockOwners(ctx, []int64{uid}); err != nil {
		return nil, err
	}
	all := make([]*parcel, 0, len(leases))
	seen := map[belfry.ID]bool{}
	var first kin
	for i, l := range leases {
		v, err := t.leased(ctx, l)
		if err != nil {
			return nil, err
		}
		k, err := t.kin(ctx, l.Delivery)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			first = k
		}
		if v.committed || k.bytes || seen[l.Delivery] || !first.takes(k) {
			return nil, errUnfoldable
		}
		seen[l.Delivery] = true
		all = append(all, v)
	}
	return all, nil
}

// A kin is what mails that go as one have in common.
type kin struct {
	uid, class, giveUp        int64
	to                        string
	atMostOnce, bytes, pinned bool
}

// takes reports whether another mail may go with one.
func (k kin) takes(other kin) bool {
	return k.uid == other.uid && k.to == other.to && k.class == other.class && k.class != int64(belfry.Urgent) &&
		k.atMostOnce == other.atMostOnce && k.giveUp <= other.giveUp && !k.pinned && !other.pinned
}

func (t *tx) kin(ctx context.Context, id belfry.ID) (k kin, err error) {
	err = t.query(ctx, func(r row) error {
		k = kin{uid: r.int(0), class: r.int(1), atMostOnce: r.is(2), giveUp: math.MaxInt64, to: r.text(4), bytes: r.is(5), pinned: r.is(6)}
		if !r.null(3) {
			k.giveUp = r.int(3)
		}
		return nil
	}, `SELECT d.uid, d.class, d.at_most_once, d.give_up_at, d.recipient, m.message IS NOT NULL, d.pinned
		FROM belfry.deliveries d LEFT JOIN belfry.messages m ON m.id = d.id WHERE d.id=$1`, key(id))
	return k, err
}

// company leases what may go with a mail that was just leased, and may be folded.
func (k *claiming) company(ctx context.Context, id belfry.ID) (with []belfry.ID, err error) {
	err = k.query(ctx, func(r row) error {
		with = append(with, r.id(0))
		return nil
	}, `SELECT d.id FROM belfry.deliveries h JOIN belfry.deliveries d ON d.uid=h.uid JOIN belfry.notifications n ON n.id = d.notification_id
		WHERE h.id=$1 AND NOT h.pinned AND h.class<>$3 AND d.state='queued' AND d.fold AND d.id<>$1
		AND d.recipient=h.recipient AND d.class=h.class AND d.at_most_once=h.at_most_once AND NOT d.pinned AND NOT d.committed
		AND coalesce(d.give_up_at, $4) >= coalesce(h.give_up_at, $4) AND (d.leased_at IS NULL OR d.due <= $2)
		AND (n.expires_at IS NULL OR n.expires_at > $2)
		AND NOT EXISTS (SELECT 1 FROM belfry.messages m WHERE m.id IN (h.id, d.id) AND m.message IS NOT NULL)
		ORDER BY d.id LIMIT $5 FOR UPDATE OF d SKIP LOCKED`, key(id), k.now, int64(belfry.Urgent), int64(math.MaxInt64), int64(belfry.MaxFolded-1))
	for _, other := range with {
		k.lease(other)
	}
	return with, err
}

// wentWith begins the reason of a mail that others stood for.
func wentWith(bearer belfry.ID) string { return "went with " + bearer.String() + ": " }

// wanted reports whether one of the mails that go as one is still to be sent. If none is, they end, in doubt as they are.
func (k *claiming) wanted(ctx context.Context, bearer belfry.ID) (bool, error) {
	n, err := k.number(ctx, `SELECT count(*) FROM belfry.deliveries d JOIN belfry.notifications n ON n.id = d.notification_id
		WHERE d.folded=$1 AND d.state='queued' AND d.doomed IS NULL AND (n.expires_at IS NULL OR n.expires_at > $2)`, key(bearer), k.now)
	if err != nil || n > 0 {
		return n > 0, err
	}
	k.queue(`UPDATE belfry.deliveries SET state='ambiguous', reason=CASE WHEN id=$1 THEN '' ELSE $2::text END || $3::text || coalesce(doomed, $4::text),
		next_attempt_at=NULL, due=NULL, leased_at=NULL, doomed=NULL, entry=NULL WHERE folded=$1 AND state='queued'`,
		key(bearer), wentWith(bearer), notAgain, reasonExpired)
	return false, nil
}

// settleFolded settles all that one mail stands for. If that was not accepted, for certain, it is no more: each is a mail of
// its own again.
func (t *tx) settleFolded(ctx context.Context, v *parcel, s *belfry.Settlement) error {
	all := []*parcel{v}
	wanted := v.doomed == ""
	err := t.query(ctx, func(r row) error {
		one := &parcel{id: r.id(0), committed: r.is(1), doomed: r.text(2), attempts: r.text(3)}
		wanted = wanted || one.doomed == ""
		all = append(all, one)
		return nil
	}, `SELECT id, committed, doomed, attempts FROM belfry.deliveries WHERE folded=$1 AND state='queued' AND id<>$1 ORDER BY id FOR UPDATE`, key(v.id))
	if err != nil {
		return err
	}
	apart := s.State == belfry.Queued && s.Uncommitted
	for _, one := range all {
		with := ""
		if one != v && !apart {
			with = wentWith(v.id)
		}
		if err := t.conclude(one, s, !wanted, with); err != nil {
			return err
		}
	}
	if apart {
		t.queue(`UPDATE belfry.messages SET message=NULL WHERE id=$1`, key(v.id))
		t.queue(`UPDATE belfry.deliveries SET folded=NULL, message_id='' WHERE folded=$1`, key(v.id))
	}
	return nil
}

// widow ends the mails that went with those of notifications that are being removed: their bytes go with these.
func (t *tx) widow(notifications [][16]byte) {
	t.queue(`UPDATE belfry.deliveries SET state='ambiguous', reason=$1, next_attempt_at=NULL, leased_at=NULL, doomed=NULL
		WHERE state='queued' AND folded<>id AND folded IN (SELECT id FROM belfry.deliveries WHERE notification_id = ANY($2))`,
		notAgain+reasonWidowed, notifications)
}

// leaveFold makes a mail that has ended one of its own again, and reports whether it was not. If it had the bytes of all,
// nobody has them any more: it is about to get others.
func (t *tx) leaveFold(ctx context.Context, id belfry.ID) (bool, error) {
	n, err := t.exec(ctx, `UPDATE belfry.deliveries SET folded=NULL WHERE id=$1 AND folded IS NOT NULL`, key(id))
	if err != nil || n == 0 {
		return false, err
	}
	n, err = t.exec(ctx, `UPDATE belfry.deliveries SET folded=NULL WHERE folded=$1`, key(id))
	if err == nil && n > 0 {
		t.queue(`UPDATE belfry.messages SET message=NULL WHERE id=$1`, key(id))
	}
	return true, err
}
