package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/belfryhq/belfry"
)

// A sending is a send as its rows have it, made once however many people it goes to.
type sending struct {
	*belfry.Accept
	at          int64
	data, actor *string
	id          belfry.ID        // of the send as a whole; zero where it goes to one person
	out         *belfry.Accepted // where the answer goes
	keep        bool             // the answer is to be remembered
	named       belfry.ID        // what it is to be called; zero: it has no name yet
}

func newSending(a *belfry.Accept, out *belfry.Accepted) (*sending, error) {
	s := &sending{Accept: a, at: a.At.UnixMilli(), data: orNull(string(a.Send.Data)), out: out}
	if a.Send.Actor != nil {
		b, err := json.Marshal(a.Send.Actor)
		if err != nil {
			return nil, fmt.Errorf("encode the actor: %w", err)
		}
		s.actor = new(string(b))
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

// accept stores sends; out has their answers.
func (t *tx) accept(ctx context.Context, sends []*belfry.Accept) ([]belfry.Accepted, error) {
	out := make([]belfry.Accepted, len(sends))
	b := batch{tx: t}
	todo, err := b.todo(ctx, sends, out)
	if err != nil {
		return nil, err
	}
	if err := b.open(ctx, todo); err != nil {
		return nil, err
	}
	var toAll []*sending
	for _, s := range todo {
		if s.Send.To.All {
			s.id = t.name(s)
			toAll = append(toAll, s)
			continue
		}
		if err := b.accept(ctx, s); err != nil {
			return nil, err
		}
	}
	b.flush()
	if err := t.acceptAll(ctx, toAll); err != nil {
		return nil, err
	}
	b.remember(todo)
	return out, nil
}

// A batch is the sends of one transaction. Their rows are gathered, and each table is written at once.
type batch struct {
	*tx
	notes   noteRows
	mails   deliveryRows
	known   map[dedupe][]*note // what may be replaced
	answers map[string]*answer // by idempotency key
	twins   []twin
}

// A dedupe names what a send replaces.
type dedupe struct {
	uid int64
	key string
}

// open locks everybody to whom something goes, and reads what may be replaced.
func (b *batch) open(ctx context.Context, todo []*sending) error {
	var users []string
	for _, s := range todo {
		users = append(users, s.Send.To.Users...)
	}
	if len(users) == 0 {
		return nil
	}
	if err := b.admit(ctx, users); err != nil {
		return err
	}
	var uids []int64
	var names []string
	for _, s := range todo {
		if s.Send.DedupeKey == "" {
			continue
		}
		for _, u := range s.Send.To.Users {
			uids, names = append(uids, b.people[u].uid), append(names, s.Send.DedupeKey)
		}
	}
	if len(uids) == 0 {
		return nil
	}
	found, err := notes(ctx, b.link, `SELECT DISTINCT `+noteColumns+` FROM unnest($1::bigint[], $2::text[]) k(uid, name)
		JOIN belfry.notifications n ON n.uid=k.uid AND n.dedupe_key=k.name`, uids, names)
	b.known = map[dedupe][]*note{}
	for _, n := range found {
		b.known[dedupe{n.uid, n.dedupe}] = append(b.known[dedupe{n.uid, n.dedupe}], n)
	}
	return err
}

// accept stores a send to named people.
func (b *batch) accept(ctx context.Context, s *sending) error {
	users := s.Send.To.Users
	out := belfry.Accepted{Users: make([]belfry.AcceptedUser, 0, len(users)), Rings: make([]belfry.Ring, 0, len(users))}
	if len(users) != 1 {
		s.id = b.name(s)
		out.ID = s.id
	}
	for _, user := range users {
		id, ring, err := b.acceptFor(ctx, s, user)
		if err != nil {
			return fmt.Errorf("for %q: %w", user, err)
		}
		out.Users = append(out.Users, belfry.AcceptedUser{ID: id, User: user})
		if ring != nil {
			out.Rings = append(out.Rings, *ring)
		}
	}
	if len(users) == 1 {
		out.ID = out.Users[0].ID
	}
	*s.out = out
	return nil
}

// acceptFor puts a notification where the decision says: on top of the inbox, there in place of one with the same dedupe
// key, or out of sight.
func (b *batch) acceptFor(ctx context.Context, s *sending, user string) (belfry.ID, *belfry.Ring, error) {
	p := b.people[user]
	decision := belfry.Decision{Inbox: true}
	if s.Decide != nil {
		decision = s.Decide(&belfry.Recipient{User: p.user, Preferences: p.prefs})
	}
	b.mark(p)
	var old *note
	if decision.Inbox && s.Send.DedupeKey != "" {
		old = b.duplicate(p, s)
	}
	var id belfry.ID
	switch {
	case old != nil:
		id = old.n.ID
		b.replace(p, s, old, hasMail(decision.Deliveries))
	case len(s.Send.To.Users) == 1:
		id = b.name(s)
		b.insert(p, s, id, &decision)
	default:
		id = b.store.mint(s.At)
		b.insert(p, s, id, &decision)
	}
	for i := range decision.Deliveries {
		if err := b.mails.add(b.store.mint(s.At), &decision.Deliveries[i], id, p, s.At); err != nil {
			return belfry.ID{}, nil, fmt.Errorf("store a delivery: %w", err)
		}
	}
	if !decision.Inbox {
		return id, nil, nil
	}
	if b.head.simple(p, s.at) {
		return id, created(s, p, id, p.own), nil
	}
	b.flush() // what corrects the counts is read from the rows
	own, err := b.ownPart(ctx, p, s.at)
	return id, created(s, p, id, own), err
}

// name returns what the send is to be called: a new id, if nobody was told one before.
func (t *tx) name(s *sending) belfry.ID { return cmp.Or(s.named, t.store.mint(s.At)) }

func created(s *sending, p *person, id belfry.ID, own belfry.Counts) *belfry.Ring {
	change := belfry.Change{Kind: belfry.Created, Seq: p.seq, Notification: s.notification(id)}
	return &belfry.Ring{User: p.user.ID, Own: own, Change: change}
}

func (b *batch) insert(p *person, s *sending, id belfry.ID, d *belfry.Decision) {
	n := noteRow{id: id, uid: p.uid, status: statusOutside, mail: hasMail(d.Deliveries)}
	if d.Inbox {
		p.seq++
		p.own = p.own.Plus(both(1))
		n.seq, n.status, n.dedupe = p.seq, 0, s.Send.DedupeKey
	}
	p.expects(s.Send.ExpiresAt, d.Inbox)
	b.proof = id
	b.notes.add(s, &n)
	if n.dedupe != "" {
		k := dedupe{p.uid, n.dedupe}
		b.known[k] = append(b.known[k], &note{uid: p.uid, seq: n.seq, mail: n.mail, dedupe: n.dedupe, n: s.notification(id)})
	}
}

// duplicate returns what the send replaces; nil when it is nothing.
func (b *batch) duplicate(p *person, s *sending) *note {
	found := b.known[dedupe{p.uid, s.Send.DedupeKey}]
	if i := slices.IndexFunc(found, func(n *note) bool { return !n.over(s.at) }); i >= 0 {
		return found[i]
	}
	return nil
}

// replace gives a note new content and the next place, as if it were new; its id stays.
func (b *batch) replace(p *person, s *sending, old *note, mail bool) {
	b.flush() // it may have been stored in this transaction
	if old.mail {
		b.cancelMails(old.n.ID, reasonReplaced, "")
		mail = true
	}
	p.seq++
	p.own = p.own.Minus(old.status.counts()).Plus(both(1))
	first := old.firstSeq
	if first == 0 {
		first = old.seq
	}
	n := s.notification(old.n.ID)
	b.queue(`UPDATE belfry.notifications SET seq=$1, changed_seq=NULL, first_seq=$2, status=0, category=$3, title=$4, body=$5, url=$6,
		data=$7, actor=$8, priority=$9, created_at=$10, seen_at=NULL, read_at=NULL, archived_at=NULL, expires_at=$11, send_id=$12,
		mail=$13 WHERE id=$14`, p.seq, first, n.Category, n.Title, n.Body, n.URL, s.data, s.actor, int64(n.Priority), s.at,
		milli(n.ExpiresAt), keyOrNull(s.id), mail, key(old.n.ID))
	*old = note{uid: p.uid, seq: p.seq, firstSeq: first, mail: mail, dedupe: old.dedupe, n: n}
	p.expects(s.Send.ExpiresAt, true)
}

// flush queues the rows that were gathered.
func (b *batch) flush() {
	b.notes.write(b.link)
	b.mails.write(b.link)
}

// expects notes when something of the person's expires.
func (p *person) expects(end time.Time, counted bool) {
	if end.IsZero() {
		return
	}
	p.due = sooner(p.due, end.UnixMilli())
	if counted && end.UnixMilli() <= p.offAt { // over at once
		p.off = p.off.Minus(both(1))
	}
}

func unixMilli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
