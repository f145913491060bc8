package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/belfryhq/belfry"
)

// Memory is a [belfry.Store] that keeps everything in memory and forgets it with the process. It is a model: slow and
// plainly right, it computes every answer from its rows anew and keeps no count. Tests of what stands above a store use
// it where a database would say nothing more.
type Memory struct {
	mu         sync.Mutex
	closed     bool
	epoch      string
	minted     uint64
	people     map[string]*person
	floor      int64 // where the log of a person who is new begins
	broadcasts []*broadcast
	bseq       int64 // the head of the broadcast log
	bpruned    int64 // cursors before it are answered with ResetPruned
	answers    map[string]answer
	keys       []belfry.Key
	tickets    []belfry.Ticket
	revoked    map[belfry.SecretHash]belfry.Revoked
	accounts   map[string]belfry.MailAccount
	sent       []*sentMail
	suppressed map[string]string    // why, by address in lower case
	full       map[string]time.Time // when a mailbox was full for good, by address in lower case
	secrets    map[string][]byte
	duties     map[string]duty
}

var (
	_ belfry.Store        = (*Memory)(nil)
	_ belfry.QueueCounter = (*Memory)(nil)
)

// A person is a user and their own log.
type person struct {
	user   belfry.User
	prefs  belfry.Preferences
	seq    int64 // the head of the own log
	start  int64 // the own log begins after it
	pruned int64 // cursors before it are answered with ResetPruned
	notes  []*note

	// touched is the last entry of a pruned broadcast in the own log. Cursors before it miss that entry, which is of no
	// use to them any more: a store may answer them with ResetPruned, or go on.
	touched int64
}

// A note is one notification to one named person. A deleted one stays as a log entry until it is pruned.
type note struct {
	n          belfry.Notification
	send       belfry.ID // of the send to several that it came with; zero when it came alone
	dedupe     string
	inbox      bool  // false: muted; it has no place in the log
	born       int64 // the log entry of the first of its id
	seq        int64 // the log entry of its creation: another than born when it replaced that
	last       int64 // the log entry of its last change, seq at first
	deletedAt  time.Time
	deliveries []*delivery
}

// A broadcast is one notification to everyone, and what some did with it.
type broadcast struct {
	n         belfry.Notification // the states are unset
	seq, last int64               // in the broadcast log
	deletedAt time.Time
	hidden    map[string]bool   // from whom: those who had muted it when it was sent
	touched   map[string]*touch // the states of those who ever changed one
}

type touch struct {
	seen, read, archived time.Time
	last                 int64 // the log entry of the last change, in the person's own log
}

// An answer is what a send under an idempotency key was answered with.
type answer struct {
	at          time.Time
	fingerprint belfry.SecretHash
	accepted    belfry.Accepted
}

// NewMemory returns an empty store.
func NewMemory() *Memory {
	return &Memory{
		epoch: fmt.Sprintf("%08x", rand.Uint32()), people: map[string]*person{}, answers: map[string]answer{},
		accounts: map[string]belfry.MailAccount{}, suppressed: map[string]string{}, full: map[string]time.Time{}, secrets: map[string][]byte{},
		revoked: map[belfry.SecretHash]belfry.Revoked{}, duties: map[string]duty{},
	}
}

// Epoch implements [belfry.Store].
func (m *Memory) Epoch() string { return m.epoch }

// Ping implements [belfry.Store].
func (m *Memory) Ping(ctx context.Context) error {
	unlock, err := m.lock(ctx, "ping")
	if err != nil {
		return err
	}
	defer unlock()
	return nil
}

// Close implements [belfry.Store].
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return nil
}

var errClosed = errors.New("the store is closed")

func (m *Memory) lock(ctx context.Context, operation string) (unlock func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", operation, err)
	}
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return nil, fmt.Errorf("%s: %w", operation, errClosed)
	}
	return m.mu.Unlock, nil
}

// mint makes an id that no other has, and that sorts after those made before for the same moment.
func (m *Memory) mint(at time.Time) belfry.ID {
	m.minted++
	return belfry.NewID(at, uint16(m.minted), m.minted)
}

// known returns the person, who is known from now on.
func (m *Memory) known(user string) *person {
	p := m.people[user]
	if p == nil {
		p = &person{user: belfry.User{ID: user}, seq: m.floor, start: m.floor}
		m.people[user] = p
	}
	return p
}

// look returns the person as they are for a reader, who makes nobody known.
func (m *Memory) look(user string) *person {
	if p := m.people[user]; p != nil {
		return p
	}
	return &person{user: belfry.User{ID: user}}
}

// pruned reports whether a place in a person's own log cannot be continued. The place 0 is before everything: whoever
// is there has nothing of the person's, and goes on as long as nothing was removed. Every other place before the start
// is in a log that was erased.
func (m *Memory) pruned(user string, seq int64) bool {
	p, known := m.people[user]
	if !known {
		return seq > 0 && seq < m.floor
	}
	return seq < p.pruned || seq > 0 && seq < p.start
}

func expired(n *belfry.Notification, now time.Time) bool {
	return !n.ExpiresAt.IsZero() && !n.ExpiresAt.After(now)
}

// live reports whether the note is in the inbox.
func (r *note) live(now time.Time) bool {
	return r.inbox && r.deletedAt.IsZero() && !expired(&r.n, now)
}

func (b *broadcast) live(now time.Time) bool { return b.deletedAt.IsZero() && !expired(&b.n, now) }

// seenBy reports whether the broadcast is in the person's inbox.
func (b *broadcast) seenBy(user string, now time.Time) bool { return b.live(now) && !b.hidden[user] }

// as returns the broadcast with the person's states.
func (b *broadcast) as(user string) belfry.Notification {
	n := b.n
	if t := b.touched[user]; t != nil {
		n.SeenAt, n.ReadAt, n.ArchivedAt = t.seen, t.read, t.archived
	}
	return n
}

func counted(c *belfry.Counts, n *belfry.Notification) {
	if !n.ArchivedAt.IsZero() {
		return
	}
	if n.ReadAt.IsZero() {
		c.Unread++
	}
	if n.SeenAt.IsZero() {
		c.Unseen++
	}
}

// tally counts what is in the person's inbox.
func (m *Memory) tally(user string, now time.Time) belfry.Tally {
	p := m.look(user)
	var t belfry.Tally
	for _, r := range p.notes {
		if r.live(now) {
			counted(&t.Counts, &r.n)
		}
	}
	for _, b := range m.broadcasts {
		if b.seenBy(user, now) {
			n := b.as(user)
			counted(&t.Counts, &n)
		}
	}
	t.Shared = m.shared(now)
	t.Own = t.Counts.Minus(t.Shared)
	t.Plain = !p.prefs.Mutes(belfry.InApp)
	return t
}

// shared is the part of the counts that a broadcast changes for all at once.
func (m *Memory) shared(now time.Time) belfry.Counts {
	var c belfry.Counts
	for _, b := range m.broadcasts {
		if b.live(now) {
			counted(&c, &b.n)
		}
	}
	return c
}

func (m *Memory) head(p *person) belfry.Cursor {
	return belfry.Cursor{Epoch: m.epoch, Seq: p.seq, Broadcast: m.bseq}
}
