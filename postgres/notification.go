package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/belfryhq/belfry"
)

// A note is a row of notifications: what one named person has.
type note struct {
	uid          int64
	seq, changed int64 // 0 where the row has null
	firstSeq     int64
	status       status
	mail         bool // some delivery is a mail
	dedupe       string
	n            belfry.Notification
}

const noteColumns = `n.id, n.uid, n.seq, n.changed_seq, n.first_seq, n.status, n.category, n.title, n.body, n.url,
	n.data, n.actor, n.priority, n.created_at, n.seen_at, n.read_at, n.archived_at, n.expires_at, n.mail, n.dedupe_key`

const noteWidth = 20 // how many columns these are

const notesWhere = `SELECT ` + noteColumns + ` FROM belfry.notifications n WHERE `

func scanNote(r row) (*note, error) {
	n := &note{
		uid: r.int(1), seq: r.int(2), changed: r.int(3), firstSeq: r.int(4), status: status(r.int(5)), mail: r.is(18), dedupe: r.text(19),
	}
	var err error
	n.n, err = scanContent(r[6:])
	n.n.ID = r.id(0)
	n.n.SeenAt, n.n.ReadAt, n.n.ArchivedAt, n.n.ExpiresAt = r.time(14), r.time(15), r.time(16), r.time(17)
	return n, err
}

// scanContent reads what notifications and broadcasts have in common: category, title, body, url, data, actor, priority,
// created_at.
func scanContent(r row) (belfry.Notification, error) {
	n := belfry.Notification{
		Category: r.text(0), Title: r.text(1), Body: r.text(2), URL: r.text(3), Priority: belfry.Priority(r.int(6)), CreatedAt: r.time(7),
	}
	if !r.null(4) {
		n.Data = json.RawMessage(r.text(4))
	}
	if !r.null(5) {
		n.Actor = &belfry.Actor{}
		if err := json.Unmarshal([]byte(r.text(5)), n.Actor); err != nil {
			return n, fmt.Errorf("read a stored actor: %w", err)
		}
	}
	return n, nil
}

// notes returns what a query with noteColumns finds.
func notes(ctx context.Context, l *link, sql string, args ...any) (found []*note, err error) {
	err = l.query(ctx, func(r row) error {
		n, err := scanNote(r)
		found = append(found, n)
		return err
	}, sql, args...)
	return found, err
}

// owners returns whose notes are.
func owners(found []*note) []int64 {
	uids := make([]int64, len(found))
	for i, n := range found {
		uids[i] = n.uid
	}
	return uids
}

func idsOf(found []*note) [][16]byte {
	ids := make([][16]byte, len(found))
	for i, n := range found {
		ids[i] = n.n.ID
	}
	return ids
}

// live reports whether the note is in the inbox at a moment.
func (n *note) live(now int64) bool { return n.status < inboxStatuses && !n.over(now) }

// over reports whether it has expired by then.
func (n *note) over(now int64) bool {
	return !n.n.ExpiresAt.IsZero() && n.n.ExpiresAt.UnixMilli() <= now
}

// under returns what was accepted under an id for named people and is not deleted: the notification itself, or those of
// a send to several, in the order of their ids.
func under(ctx context.Context, l *link, id belfry.ID) ([]*note, error) {
	return notes(ctx, l, notesWhere+`(n.id=$1 AND n.status NOT IN (8, 10) OR n.send_id=$1) ORDER BY n.id`, key(id))
}

// remove makes a note of somebody who is locked a Deleted entry of the log, and returns the ring; nil for one that was
// never in the inbox, which makes no entry. Its deliveries stay for the operator until it is pruned; its queued mails are
// canceled for the reason given.
func (t *tx) remove(ctx context.Context, n *note, now int64, reason string) (*belfry.Ring, error) {
	if n.mail {
		t.cancelMails(n.n.ID, reason, "")
	}
	if n.status == statusOutside {
		t.empty(n, 0, 0, statusGone, now)
		return nil, nil
	}
	p, err := t.owner(n.uid)
	if err != nil {
		return nil, err
	}
	t.mark(p)
	p.seq++
	p.own = p.own.Minus(n.status.counts())
	if n.over(now) && p.offAt == now { // its part was taken out already
		p.off = p.off.Plus(n.status.counts())
	}
	first := n.seq
	if n.firstSeq != 0 {
		first = n.firstSeq
	}
	t.empty(n, first, p.seq, statusDeleted, now)
	if err := t.settleDue(ctx, p, n); err != nil {
		return nil, err
	}
	own, err := t.ownPart(ctx, p, now)
	if err != nil {
		return nil, err
	}
	change := belfry.Change{Kind: belfry.Deleted, Seq: p.seq, Notification: belfry.Notification{ID: n.n.ID}}
	return &belfry.Ring{User: p.user.ID, Change: change, Own: own}, nil
}

// empty takes the content out of a note, and leaves when it went.
func (t *tx) empty(n *note, seq, changed int64, s status, now int64) {
	t.queue(`UPDATE belfry.notifications SET seq=$1, changed_seq=$2, status=$3, created_at=$4, title='', body='', url='', data=NULL,
		actor=NULL, seen_at=NULL, read_at=NULL, archived_at=NULL, expires_at=NULL, dedupe_key=NULL, first_seq=NULL, send_id=NULL
		WHERE id=$5`, orNull(seq), orNull(changed), int64(s), now, key(n.n.ID))
}

// settleDue finds the person's next expiry anew when that of n, which is gone, was the next.
func (t *tx) settleDue(ctx context.Context, p *person, n *note) (err error) {
	if n.n.ExpiresAt.IsZero() || n.n.ExpiresAt.UnixMilli() > p.due {
		return nil
	}
	p.due, err = t.number(ctx, `SELECT min(expires_at) FROM belfry.notifications WHERE uid=$1 AND expires_at IS NOT NULL`, p.uid)
	return err
}
