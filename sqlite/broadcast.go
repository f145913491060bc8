package sqlite

import (
	"github.com/belfryhq/belfry"
)

// A shared is a broadcast as one person has it: a row of broadcasts, and their row of broadcast_states if there is one.
type shared struct {
	bseq   int64
	n      belfry.Notification
	err    error // of reading it
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
func scanState(r row, i int) state {
	n := belfry.Notification{SeenAt: r.time(i + 1), ReadAt: r.time(i + 2), ArchivedAt: r.time(i + 3)}
	return state{hidden: r.int(i), status: statusOf(&n)}
}

const sharedColumns = `b.bseq, b.key, b.rand, b.category, b.title, b.body, b.url, b.data, b.actor, b.priority, b.created_at,
	b.expires_at, s.hidden, s.seen_at, s.read_at, s.archived_at, s.seq`

func scanShared(r row) shared {
	b := shared{bseq: r.int(0), stated: !r.null(12)}
	b.n, b.err = scanContent(r, 3)
	b.n.ID = toID(r.int(1), r.int(2))
	b.n.ExpiresAt = r.time(11)
	if b.stated {
		b.state = scanState(r, 12)
		b.state.seq = r.int(16)
		b.n.SeenAt, b.n.ReadAt, b.n.ArchivedAt = r.time(13), r.time(14), r.time(15)
	}
	return b
}

// visible reports whether the person has the broadcast at all: what was muted when it was sent is not there.
func (b *shared) visible(p *person) bool {
	if b.stated {
		return b.state.hidden == 0
	}
	return !p.mutes || b.bseq <= p.prefsBroadcast || p.prefs.Allow(b.n.Category, belfry.InApp, b.n.Priority)
}

// eachShared calls each with the broadcasts that the person has, of those that where and order say, until it returns
// false. The arguments of where follow the person's uid.
func eachShared(c *conn, p *person, each func(shared) bool, where string, args ...any) error {
	return c.query(func(r row) error {
		b := scanShared(r)
		switch {
		case b.err != nil:
			return b.err
		case b.visible(p) && !each(b):
			return errEnough
		}
		return nil
	}, `SELECT `+sharedColumns+` FROM broadcasts b LEFT JOIN broadcast_states s ON s.uid=? AND s.bseq=b.bseq WHERE `+where,
		append([]any{p.uid}, args...)...)
}

// acceptAll stores a broadcast: one row, whoever is there to see it.
func (t *tx) acceptAll(a *belfry.Accept) (belfry.Accepted, error) {
	s, err := newSending(a)
	if err != nil {
		return belfry.Accepted{}, err
	}
	key, random := t.mint(a.At), randomBits()
	t.head.bseq++
	t.head.shared++
	n := s.notification(toID(key, random))
	if !n.ExpiresAt.IsZero() {
		t.head.due = sooner(t.head.due, n.ExpiresAt.UnixMilli())
	}
	if _, err := t.exec(`INSERT INTO broadcasts VALUES (?,?,?,0,NULL,0,?,?,?,?,?,?,?,?,?)`, t.head.bseq, key, random,
		n.Category, n.Title, n.Body, n.URL, s.data, s.actor, int64(n.Priority), s.at, milli(n.ExpiresAt)); err != nil {
		return belfry.Accepted{}, err
	}
	ring := belfry.Ring{Change: belfry.Change{Kind: belfry.Created, Broadcast: t.head.bseq, Notification: n}}
	ring.Shared, err = t.sharedCounts(s.at)
	return belfry.Accepted{ID: n.ID, Rings: []belfry.Ring{ring}}, err
}

// sharedCounts returns what the broadcasts count for somebody who touched none.
func (t *tx) sharedCounts(now int64) (belfry.Counts, error) {
	if t.head.due == 0 || t.head.due > now {
		return both(t.head.shared), nil
	}
	expired, err := t.number(`SELECT count(*) FROM broadcasts WHERE expires_at <= ?`, now)
	return both(t.head.shared - expired), err
}

// findShared returns the broadcast of an id that is not gone, without anybody's state; nil when there is none.
func findShared(c *conn, id belfry.ID) (b *shared, err error) {
	return findSharedFor(c, &person{}, id)
}

// findSharedFor returns the broadcast of an id as a person has it; nil when they do not.
func findSharedFor(c *conn, p *person, id belfry.ID) (found *shared, err error) {
	key, random, ok := fromID(id)
	if !ok {
		return nil, nil
	}
	err = eachShared(c, p, func(b shared) bool {
		found = &b
		return false
	}, `b.key=? AND b.rand=? AND b.gone=0`, key, random)
	return found, err
}

func (b *shared) live(now int64) bool {
	return b.n.ExpiresAt.IsZero() || b.n.ExpiresAt.UnixMilli() > now
}

// clearAtOnce is how many states a retraction removes in its own transaction. The states of a broadcast that more people
// touched are removed by the steps of Expire and Prune; until then tally takes them out of each answer.
const clearAtOnce = 1000

// removeShared makes a broadcast a Deleted entry of everyone's log.
func (t *tx) removeShared(b *shared, now int64) (belfry.Ring, error) {
	t.head.bseq++
	position := t.head.bseq
	if _, err := t.exec(`UPDATE broadcasts SET gone=1, gone_bseq=?, created_at=?, title='', body='', url='', data=NULL, actor=NULL
		WHERE bseq=?`, position, now, b.bseq); err != nil {
		return belfry.Ring{}, err
	}
	if err := t.leave(b.bseq); err != nil {
		return belfry.Ring{}, err
	}
	ring := belfry.Ring{Change: belfry.Change{Kind: belfry.Deleted, Broadcast: position, Notification: belfry.Notification{ID: b.n.ID}}}
	var err error
	ring.Shared, err = t.sharedCounts(now)
	return ring, err
}

// leave takes a broadcast that was just marked gone out of what counts, and its states with it as far as they are few.
func (t *tx) leave(bseq int64) (err error) {
	if _, err := t.exec(`UPDATE broadcasts SET clearing=1, expires_at=NULL WHERE bseq=?`, bseq); err != nil {
		return err
	}
	t.head.shared--
	t.head.clearing++
	if t.head.due != 0 {
		if t.head.due, err = t.number(`SELECT min(expires_at) FROM broadcasts WHERE expires_at IS NOT NULL`); err != nil {
			return err
		}
	}
	_, err = t.clear(bseq, clearAtOnce)
	return err
}

// clear removes at most limit states of a broadcast that is gone, and the broadcast from what is being cleared when
// none is left. It returns how many it removed. Hidden ones stay, no longer counted, so that whoever did not have the
// broadcast does not hear of its end.
func (t *tx) clear(bseq int64, limit int) (removed int, err error) {
	type stated struct {
		uid   int64
		state state
	}
	var found []stated
	err = t.query(func(r row) error {
		found = append(found, stated{r.int(0), scanState(r, 1)})
		return nil
	}, `SELECT uid, hidden, seen_at, read_at, archived_at FROM broadcast_states WHERE bseq=? AND hidden < 2 LIMIT ?`, bseq, int64(limit)+1)
	if err != nil {
		return 0, err
	}
	for i, s := range found {
		if i == limit {
			return i, nil
		}
		p, err := t.owner(s.uid)
		if err != nil {
			return i, err
		}
		t.touch(p)
		p.own = p.own.Minus(s.state.counts())
		if s.state.hidden == 1 {
			_, err = t.exec(`UPDATE broadcast_states SET hidden=2 WHERE uid=? AND bseq=?`, s.uid, bseq)
		} else {
			_, err = t.exec(`DELETE FROM broadcast_states WHERE uid=? AND bseq=?`, s.uid, bseq)
		}
		if err != nil {
			return i, err
		}
	}
	t.head.clearing--
	_, err = t.exec(`UPDATE broadcasts SET clearing=0 WHERE bseq=?`, bseq)
	return len(found), err
}
