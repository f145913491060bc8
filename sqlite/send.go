package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/belfryhq/belfry"
)

// A sending is a send as its rows have it, made once however many people it goes to.
type sending struct {
	*belfry.Accept
	at          int64
	data, actor any
}

func newSending(a *belfry.Accept) (*sending, error) {
	s := &sending{Accept: a, at: a.At.UnixMilli(), data: textOrNull(a.Send.Data)}
	if a.Send.Actor != nil {
		b, err := json.Marshal(a.Send.Actor)
		if err != nil {
			return nil, fmt.Errorf("encode the actor: %w", err)
		}
		s.actor = string(b)
	}
	return s, nil
}

func (s *sending) notification(id belfry.ID) belfry.Notification {
	n := belfry.Notification{
		ID: id, Category: s.Send.Category, Title: s.Send.Title, Body: s.Send.Body, URL: s.Send.URL, Actor: s.Send.Actor,
		Priority: s.Send.Priority, CreatedAt: fromMilli(s.at),
	}
	if len(s.Send.Data) > 0 {
		n.Data = s.Send.Data
	}
	if !s.Send.ExpiresAt.IsZero() {
		n.ExpiresAt = fromMilli(s.Send.ExpiresAt.UnixMilli())
	}
	return n
}

// Accept implements [belfry.Sender].
func (s *Store) Accept(ctx context.Context, sends []belfry.Accept) ([]belfry.Accepted, error) {
	rows := 0
	for i := range sends {
		rows += 1 + len(sends[i].Send.To.Users)
	}
	var out []belfry.Accepted
	err := s.writer.do(ctx, rows, func(t *tx) (err error) {
		answers := make([]belfry.Accepted, len(sends))
		for i := range sends {
			if answers[i], err = t.acceptOnce(&sends[i]); err != nil {
				return err
			}
		}
		out = answers
		return nil
	})
	if err != nil {
		return nil, failure("accept", err)
	}
	return out, nil
}

// acceptOnce answers a send under an idempotency key as it was answered before.
func (t *tx) acceptOnce(a *belfry.Accept) (belfry.Accepted, error) {
	if a.IdempotencyKey == "" {
		return t.accept(a)
	}
	if old, ok, err := t.answered(a); ok || err != nil {
		return old, err
	}
	out, err := t.accept(a)
	if err != nil {
		return belfry.Accepted{}, err
	}
	return out, t.remember(a, &out)
}

func (t *tx) accept(a *belfry.Accept) (belfry.Accepted, error) {
	if a.Send.To.All {
		return t.acceptAll(a)
	}
	s, err := newSending(a)
	if err != nil {
		return belfry.Accepted{}, err
	}
	users := a.Send.To.Users
	out := belfry.Accepted{Users: make([]belfry.AcceptedUser, 0, len(users)), Rings: make([]belfry.Ring, 0, len(users))}
	var sendKey, sendRandom any
	if len(users) != 1 {
		key, random := t.mint(a.At), randomBits()
		out.ID, sendKey, sendRandom = toID(key, random), key, random
	}
	for _, user := range users {
		id, ring, err := t.acceptFor(s, user, sendKey, sendRandom)
		if err != nil {
			return belfry.Accepted{}, fmt.Errorf("for %q: %w", user, err)
		}
		out.Users = append(out.Users, belfry.AcceptedUser{ID: id, User: user})
		if ring != nil {
			out.Rings = append(out.Rings, *ring)
		}
	}
	if len(users) == 1 {
		out.ID = out.Users[0].ID
	}
	return out, nil
}

// acceptFor puts a notification where the decision says: on top of the inbox, there in place of one with the same dedupe
// key, or out of sight.
func (t *tx) acceptFor(s *sending, user string, sendKey, sendRandom any) (belfry.ID, *belfry.Ring, error) {
	p, err := t.person(user)
	if err != nil {
		return belfry.ID{}, nil, err
	}
	decision := belfry.Decision{Inbox: true}
	if s.Decide != nil {
		decision = s.Decide(&belfry.Recipient{User: p.user, Preferences: p.prefs})
	}
	t.touch(p)
	var old *note
	if decision.Inbox && s.Send.DedupeKey != "" {
		if old, err = t.duplicate(p, s); err != nil {
			return belfry.ID{}, nil, err
		}
	}
	var key int64
	var id belfry.ID
	if old != nil {
		key, id = old.key, old.n.ID
		err = t.replace(p, s, old, hasMail(decision.Deliveries), sendKey, sendRandom)
	} else {
		random := randomBits()
		key = t.mint(s.At)
		id = toID(key, random)
		err = t.insert(p, s, key, random, &decision, sendKey, sendRandom)
	}
	if err != nil {
		return belfry.ID{}, nil, err
	}
	for i := range decision.Deliveries {
		if err := t.insertDelivery(&decision.Deliveries[i], key, p, s.At); err != nil {
			return belfry.ID{}, nil, fmt.Errorf("store a delivery: %w", err)
		}
	}
	if !decision.Inbox {
		return id, nil, nil
	}
	counts, err := tally(t.conn, t.head, p, s.at)
	ring := belfry.Ring{User: user, Own: counts.Own}
	ring.Change = belfry.Change{Kind: belfry.Created, Seq: p.seq, Notification: s.notification(id)}
	return id, &ring, err
}

func (t *tx) insert(p *person, s *sending, key, random int64, d *belfry.Decision, sendKey, sendRandom any) error {
	var seq, dedupe any
	st := statusOutside
	if d.Inbox {
		p.seq++
		p.own = p.own.Plus(both(1))
		seq, st, dedupe = p.seq, 0, textOrNull(s.Send.DedupeKey)
	}
	p.expects(s.Send.ExpiresAt)
	_, err := t.exec(`INSERT INTO notifications VALUES (?,?,?,?,NULL,?,?,?,?,?,?,?,?,?,NULL,NULL,NULL,?,?,NULL,?,?,?)`,
		key, random, p.uid, seq, int64(st), s.Send.Category, s.Send.Title, s.Send.Body, s.Send.URL, s.data, s.actor,
		int64(s.Send.Priority), s.at, milli(s.Send.ExpiresAt), dedupe, sendKey, sendRandom, hasMail(d.Deliveries))
	return err
}

// duplicate returns what the send replaces; nil when it is nothing.
func (t *tx) duplicate(p *person, s *sending) (*note, error) {
	found, err := notes(t.conn, `SELECT `+noteColumns+` FROM notifications n WHERE n.uid=? AND n.dedupe_key=?
		AND (n.expires_at IS NULL OR n.expires_at > ?)`, p.uid, s.Send.DedupeKey, s.at)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// replace gives a note new content and the next place, as if it were new; its id stays.
func (t *tx) replace(p *person, s *sending, old *note, mail int64, sendKey, sendRandom any) error {
	if old.mail {
		if err := t.cancelMails(old, reasonReplaced, ""); err != nil {
			return err
		}
		mail = 1
	}
	p.seq++
	p.own = p.own.Minus(old.status.counts()).Plus(both(1))
	first := old.firstSeq
	if first == 0 {
		first = old.seq
	}
	_, err := t.exec(`UPDATE notifications SET seq=?, changed_seq=NULL, first_seq=?, status=0, category=?, title=?, body=?, url=?,
		data=?, actor=?, priority=?, created_at=?, seen_at=NULL, read_at=NULL, archived_at=NULL, expires_at=?, send_key=?, send_rand=?,
		mail=? WHERE key=?`, p.seq, first, s.Send.Category, s.Send.Title, s.Send.Body, s.Send.URL, s.data, s.actor,
		int64(s.Send.Priority), s.at, milli(s.Send.ExpiresAt), sendKey, sendRandom, mail, old.key)
	p.expects(s.Send.ExpiresAt)
	return err
}

// expects notes when something of the person's expires.
func (p *person) expects(end time.Time) {
	if !end.IsZero() {
		p.due = sooner(p.due, end.UnixMilli())
	}
}
