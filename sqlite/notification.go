package sqlite

import (
	"encoding/json"
	"fmt"

	"github.com/belfryhq/belfry"
)

// A note is a row of notifications: what one named person has.
type note struct {
	key, random, uid int64
	seq, changed     int64 // 0 where the row has null
	firstSeq         int64
	status           status
	mail             bool // some delivery is a mail
	n                belfry.Notification
}

const noteColumns = `n.key, n.rand, n.uid, n.seq, n.changed_seq, n.first_seq, n.status, n.category, n.title, n.body, n.url,
	n.data, n.actor, n.priority, n.created_at, n.seen_at, n.read_at, n.archived_at, n.expires_at, n.mail`

const noteWidth = 20 // how many columns these are

func scanNote(r row) (*note, error) {
	n := &note{
		key: r.int(0), random: r.int(1), uid: r.int(2), seq: r.int(3), changed: r.int(4), firstSeq: r.int(5), status: status(r.int(6)),
		mail: r.int(19) != 0,
	}
	var err error
	n.n, err = scanContent(r, 7)
	n.n.ID = toID(n.key, n.random)
	n.n.SeenAt, n.n.ReadAt, n.n.ArchivedAt, n.n.ExpiresAt = r.time(15), r.time(16), r.time(17), r.time(18)
	return n, err
}

// scanContent reads what notifications and broadcasts have in common: category, title, body, url, data, actor, priority,
// created_at.
func scanContent(r row, i int) (belfry.Notification, error) {
	n := belfry.Notification{
		Category: r.text(i), Title: r.text(i + 1), Body: r.text(i + 2), URL: r.text(i + 3),
		Priority: belfry.Priority(r.int(i + 6)), CreatedAt: r.time(i + 7),
	}
	if !r.null(i + 4) {
		n.Data = json.RawMessage(r.text(i + 4))
	}
	if !r.null(i + 5) {
		n.Actor = &belfry.Actor{}
		if err := json.Unmarshal([]byte(r.text(i+5)), n.Actor); err != nil {
			return n, fmt.Errorf("read a stored actor: %w", err)
		}
	}
	return n, nil
}

// notes returns what a query with noteColumns finds.
func notes(c *conn, sql string, args ...any) (found []*note, err error) {
	err = c.query(func(r row) error {
		n, err := scanNote(r)
		found = append(found, n)
		return err
	}, sql, args...)
	return found, err
}

// live reports whether the note is in the inbox at a moment.
func (n *note) live(now int64) bool {
	return n.status < inboxStatuses && (n.n.ExpiresAt.IsZero() || n.n.ExpiresAt.UnixMilli() > now)
}

// findNote returns the note of an id, deleted or not; nil when there is none.
func findNote(c *conn, id belfry.ID) (*note, error) {
	key, random, ok := fromID(id)
	if !ok {
		return nil, nil
	}
	found, err := notes(c, `SELECT `+noteColumns+` FROM notifications n WHERE n.key=? AND n.rand=?`, key, random)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// under returns what was accepted under an id for named people and is not deleted: the notification itself, or those of
// a send to several, in the order of their ids.
func under(c *conn, id belfry.ID) ([]*note, error) {
	n, err := findNote(c, id)
	switch {
	case err != nil:
		return nil, err
	case n != nil && n.status != statusDeleted && n.status != statusGone:
		return []*note{n}, nil
	}
	key, random, ok := fromID(id)
	if !ok {
		return nil, nil
	}
	return notes(c, `SELECT `+noteColumns+` FROM notifications n WHERE n.send_key=? AND n.send_rand=? ORDER BY n.key`, key, random)
}

// remove makes a note a Deleted entry of the log, and returns the ring; nil for one that was never in the inbox, which
// makes no entry. Its deliveries stay for the operator until it is pruned; its queued mails are canceled for the reason given.
func (t *tx) remove(n *note, now int64, reason string) (*belfry.Ring, error) {
	if n.mail {
		if err := t.cancelMails(n, reason, ""); err != nil {
			return nil, err
		}
	}
	if n.status == statusOutside {
		return nil, t.empty(n, nil, nil, statusGone, now)
	}
	p, err := t.owner(n.uid)
	if err != nil {
		return nil, err
	}
	t.touch(p)
	p.seq++
	p.own = p.own.Minus(n.status.counts())
	first := n.seq
	if n.firstSeq != 0 {
		first = n.firstSeq
	}
	if err := t.empty(n, first, p.seq, statusDeleted, now); err != nil {
		return nil, err
	}
	if err := t.settleDue(p, n); err != nil {
		return nil, err
	}
	own, err := tally(t.conn, t.head, p, now)
	if err != nil {
		return nil, err
	}
	change := belfry.Change{Kind: belfry.Deleted, Seq: p.seq, Notification: belfry.Notification{ID: n.n.ID}}
	return &belfry.Ring{User: p.user.ID, Change: change, Own: own.Own}, nil
}

// empty takes the content out of a note, and leaves when it went.
func (t *tx) empty(n *note, seq, changed any, s status, now int64) error {
	_, err := t.exec(`UPDATE notifications SET seq=?, changed_seq=?, status=?, created_at=?, title='', body='', url='', data=NULL,
		actor=NULL, seen_at=NULL, read_at=NULL, archived_at=NULL, expires_at=NULL, dedupe_key=NULL, first_seq=NULL, send_key=NULL,
		send_rand=NULL WHERE key=?`, seq, changed, int64(s), now, n.key)
	return err
}

// settleDue finds the person's next expiry anew when that of n, which is gone, was the next.
func (t *tx) settleDue(p *person, n *note) (err error) {
	if n.n.ExpiresAt.IsZero() || n.n.ExpiresAt.UnixMilli() > p.due {
		return nil
	}
	p.due, err = t.number(`SELECT min(expires_at) FROM notifications WHERE uid=? AND expires_at IS NOT NULL`, p.uid)
	return err
}

// sooner returns the earlier of two dues, of which 0 is never.
func sooner(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}
