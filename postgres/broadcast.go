package postgres

import (
	"context"
	"slices"

	"github.com/belfryhq/belfry"
)

// A shared is a broadcast as one person has it: a row of broadcasts, and their row of broadcast_states if there is one.
type shared struct {
	bseq   int64
	n      belfry.Notification
	state  state
	stated bool // there is a state row
}

// A state is a row of broadcast_states.
type state struct {
	hidden int64 // 0 no, 1 muted when it was sent, 2 likewise and no longer in the person's counts
	status status
	seq    int64
}

// counts returns what the row adds to the person's own part: what a broadcast counts for all is not theirs.
func (s state) counts() belfry.Counts {
	switch s.hidden {
	case 0:
		return s.status.counts().Minus(both(1))
	case 1:
		return both(-1)
	default:
		return belfry.Counts{}
	}
}

// scanState reads hidden, seen_at, read_at, archived_at.
func scanState(r row) state {
	n := belfry.Notification{SeenAt: r.time(1), ReadAt: r.time(2), ArchivedAt: r.time(3)}
	return state{hidden: r.int(0), status: statusOf(&n)}
}

// sharedOf selects broadcasts as the person of the first argument has them.
const sharedOf = sharedColumns + `FROM belfry.broadcasts b LEFT JOIN belfry.broadcast_states s ON s.uid=$1 AND s.bseq=b.bseq WHERE `

const sharedColumns = `SELECT b.bseq, b.id, b.category, b.title, b.body, b.url, b.data, b.actor, b.priority, b.created_at,
	b.expires_at, s.hidden, s.seen_at, s.read_at, s.archived_at, s.seq `

// sharedAlong is sharedOf for a walk along the broadcasts: the OFFSET keeps the server from comparing each with all that the
// person ever did, where it knows no better than that people did little.
const sharedAlong = sharedColumns + `FROM belfry.broadcasts b LEFT JOIN LATERAL
	(SELECT * FROM belfry.broadcast_states x WHERE x.uid=$1 AND x.bseq=b.bseq OFFSET 0) s ON true
	WHERE b.gone=0 AND b.bseq > $2 AND b.bseq < $3 ORDER BY b.bseq`

func scanShared(r row) (shared, error) {
	b := shared{bseq: r.int(0), stated: !r.null(11)}
	var err error
	b.n, err = scanContent(r[2:])
	b.n.ID = r.id(1)
	b.n.ExpiresAt = r.time(10)
	if b.stated {
		b.state = scanState(r[11:])
		b.state.seq = r.int(15)
		b.n.SeenAt, b.n.ReadAt, b.n.ArchivedAt = r.time(12), r.time(13), r.time(14)
	}
	return b, err
}

// visible reports whether the person has the broadcast at all: what was muted when it was sent is not there.
func (b *shared) visible(p *person) bool {
	if b.stated {
		return b.state.hidden == 0
	}
	return !p.mutes || b.bseq <= p.prefsBroadcast || p.prefs.Allow(b.n.Category, belfry.InApp, b.n.Priority)
}

func (b *shared) live(now int64) bool {
	return b.n.ExpiresAt.IsZero() || b.n.ExpiresAt.UnixMilli() > now
}

// eachShared calls each with the broadcasts that the person has, of those that where and order say, until it returns
// false. The arguments of where are numbered from $2.
func eachShared(ctx context.Context, l *link, p *person, each func(shared) bool, where string, args ...any) error {
	return l.query(ctx, func(r row) error {
		b, err := scanShared(r)
		switch {
		case err != nil:
			return err
		case b.visible(p) && !each(b):
			return errEnough
		}
		return nil
	}, sharedOf+where, append([]any{p.uid}, args...)...)
}

// The steps of walkShared: most walks end within the first.
const (
	firstStep = 64
	maxStep   = 2048
)

// walkShared calls each with the broadcasts in the inboxes that the person has, between two numbers, until it returns false.
// It asks for some at a time: the server sends an answer whole, whenever its reader has had enough.
func walkShared(ctx context.Context, l *link, p *person, above, below int64, newestFirst bool, each func(shared) bool) error {
	order := ` LIMIT $4`
	if newestFirst {
		order = ` DESC LIMIT $4`
	}
	for step := int64(firstStep); ; step = min(4*step, maxStep) {
		read, enough := int64(0), false
		err := l.query(ctx, func(r row) error {
			read++
			if newestFirst {
				below = r.int(0)
			} else {
				above = r.int(0)
			}
			b, err := scanShared(r)
			if err == nil && b.visible(p) && !each(b) {
				enough, err = true, errEnough
			}
			return err
		}, sharedAlong+order, p.uid, above, below, step)
		if err != nil || enough || read < step {
			return err
		}
	}
}

// findShared returns the broadcast of an id as a person has it; nil when they do not, or it is gone.
func findShared(ctx context.Context, l *link, p *person, id belfry.ID) (found *shared, err error) {
	err = eachShared(ctx, l, p, func(b shared) bool {
		found = &b
		return false
	}, `b.id=$2 AND b.gone=0`, key(id))
	return found, err
}

// acceptAll stores broadcasts: one row each, whoever is there to see them. It is the last thing that a transaction does,
// for it locks the head.
func (t *tx) acceptAll(ctx context.Context, all []*sending) error {
	if len(all) == 0 {
		return nil
	}
	if err := t.lockHead(ctx); err != nil {
		return err
	}
	for _, s := range all {
		t.head.bseq++
		t.head.shared++
		t.proof = s.id
		n := s.notification(s.id)
		t.head.due = sooner(t.head.due, unixMilli(n.ExpiresAt))
		t.queue(`INSERT INTO belfry.broadcasts VALUES ($1,$2,0,NULL,false,$3,$4,$5,$6,$7,$8,$9,$10,$11)`, t.head.bseq, key(s.id),
			int64(n.Priority), n.Category, n.Title, n.Body, n.URL, s.data, s.actor, s.at, milli(n.ExpiresAt))
		ring := belfry.Ring{Change: belfry.Change{Kind: belfry.Created, Broadcast: t.head.bseq, Notification: n}}
		var err error
		if ring.Shared, err = t.sharedCounts(ctx, s.at); err != nil {
			return err
		}
		*s.out = belfry.Accepted{ID: s.id, Rings: []belfry.Ring{ring}}
	}
	t.saveHead()
	return nil
}

// sharedCounts returns what the broadcasts count for somebody who touched none.
func (t *tx) sharedCounts(ctx context.Context, now int64) (belfry.Counts, error) {
	if t.head.due == 0 || t.head.due > now {
		return both(t.head.shared), nil
	}
	expired, err := t.number(ctx, `SELECT count(*) FROM belfry.broadcasts WHERE expires_at <= $1`, now)
	return both(t.head.shared - expired), err
}

// clearAtOnce is how many states a retraction removes in its own transaction. The states of a broadcast that more people
// touched are removed by the steps of Expire and Prune; until then tally takes them out of each answer.
const clearAtOnce = 1000

// statedBy returns at most limit people who have states that count of some broadcasts.
func (t *tx) statedBy(ctx context.Context, bseqs []int64, limit int) (uids []int64, err error) {
	err = t.query(ctx, func(r row) error {
		uids = append(uids, r.int(0))
		return nil
	}, `SELECT DISTINCT uid FROM (SELECT uid FROM belfry.broadcast_states WHERE bseq = ANY($1) AND hidden < 2 LIMIT $2) s`, bseqs, int64(limit))
	return uids, err
}

// lockShared locks broadcasts against marks, and returns which of them are still as they were: in the inboxes.
func (t *tx) lockShared(ctx context.Context, bseqs []int64) (still map[int64]bool, err error) {
	still = map[int64]bool{}
	err = t.query(ctx, func(r row) error {
		still[r.int(0)] = r.int(1) == 0
		return nil
	}, `SELECT bseq, gone FROM belfry.broadcasts WHERE bseq = ANY($1) ORDER BY bseq FOR UPDATE`, bseqs)
	return still, err
}

// removeShared makes a broadcast that is locked a Deleted entry of everyone's log. The head is locked too.
func (t *tx) removeShared(ctx context.Context, b *shared, now int64) (belfry.Ring, error) {
	t.head.bseq++
	position := t.head.bseq
	t.queue(`UPDATE belfry.broadcasts SET gone=1, gone_bseq=$1, created_at=$2, title='', body='', url='', data=NULL, actor=NULL
		WHERE bseq=$3`, position, now, b.bseq)
	if err := t.leave(ctx, b.bseq); err != nil {
		return belfry.Ring{}, err
	}
	if err := t.clear(ctx, b.bseq); err != nil {
		return belfry.Ring{}, err
	}
	for _, p := range t.byUID {
		p.offAt = 0
	}
	ring := belfry.Ring{Change: belfry.Change{Kind: belfry.Deleted, Broadcast: position, Notification: belfry.Notification{ID: b.n.ID}}}
	var err error
	ring.Shared, err = t.sharedCounts(ctx, now)
	return ring, err
}

// leave takes a broadcast that was just marked gone out of what counts.
func (t *tx) leave(ctx context.Context, bseq int64) (err error) {
	t.queue(`UPDATE belfry.broadcasts SET clearing=true, expires_at=NULL WHERE bseq=$1`, bseq)
	t.head.shared--
	t.head.clearing++
	if t.head.due != 0 {
		t.head.due, err = t.number(ctx, `SELECT min(expires_at) FROM belfry.broadcasts WHERE expires_at IS NOT NULL`)
	}
	return err
}

// clear removes the states of a broadcast that is gone, of the people who are locked; when none is left, the broadcast is
// no longer being cleared. Hidden ones stay, no longer counted, so that whoever did not have the broadcast does not hear
// of its end. The head is locked.
func (t *tx) clear(ctx context.Context, bseq int64) error {
	locked := make([]int64, 0, len(t.byUID))
	for uid := range t.byUID {
		locked = append(locked, uid)
	}
	slices.Sort(locked)
	err := t.query(ctx, func(r row) error {
		p := t.byUID[r.int(0)]
		t.mark(p)
		p.own = p.own.Minus(scanState(r[1:]).counts())
		return nil
	}, `SELECT uid, hidden, seen_at, read_at, archived_at FROM belfry.broadcast_states WHERE bseq=$1 AND hidden < 2 AND uid = ANY($2)`, bseq, locked)
	if err != nil {
		return err
	}
	t.queue(`DELETE FROM belfry.broadcast_states WHERE bseq=$1 AND hidden=0 AND uid = ANY($2)`, bseq, locked)
	t.queue(`UPDATE belfry.broadcast_states SET hidden=2 WHERE bseq=$1 AND hidden=1 AND uid = ANY($2)`, bseq, locked)
	left, err := t.number(ctx, `SELECT EXISTS (SELECT 1 FROM belfry.broadcast_states WHERE bseq=$1 AND hidden < 2)::int`, bseq)
	if err != nil || left > 0 {
		return err
	}
	t.head.clearing--
	t.queue(`UPDATE belfry.broadcasts SET clearing=false WHERE bseq=$1`, bseq)
	return nil
}
