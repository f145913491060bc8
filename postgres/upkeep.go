package postgres

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/belfryhq/belfry"
)

// Expire implements [belfry.Upkeep]. What it removes is one transaction; the states that are left of broadcasts are
// cleared in others after it, for they change nothing that anybody sees.
func (s *Store) Expire(ctx context.Context, now time.Time, limit int) (rings []belfry.Ring, next time.Time, err error) {
	limit = max(limit, 1)
	e := expiring{now: now.UnixMilli(), limit: limit}
	err = s.write(ctx, func(ctx context.Context, t *tx) error {
		e.tx, e.rings, e.removed = t, nil, 0
		return e.run(ctx)
	})
	if err == nil {
		_, err = s.clearSome(ctx, limit-e.removed)
	}
	if err == nil {
		next, err = s.nextExpiry(ctx, e.now)
	}
	if err != nil {
		return nil, time.Time{}, failure("expire", err)
	}
	return e.rings, next, nil
}

// nextExpiry returns when Expire has something to do: zero when nothing expires.
func (s *Store) nextExpiry(ctx context.Context, now int64) (next time.Time, err error) {
	err = s.one(ctx, func(ctx context.Context, l *link) error {
		return l.query(ctx, func(r row) error {
			due := sooner(r.int(0), r.int(1))
			if r.int(2) > 0 {
				due = sooner(due, now)
			}
			if due != 0 {
				next = fromMilli(due)
			}
			return nil
		}, `SELECT (SELECT min(expires_at) FROM belfry.notifications WHERE expires_at IS NOT NULL), due, clearing FROM belfry.meta`)
	})
	return next, err
}

// An expiring is an Expire under way.
type expiring struct {
	*tx
	now     int64
	limit   int
	removed int
	rings   []belfry.Ring
}

// An ending is something that expires: one of the two is set.
type ending struct {
	at    int64
	note  *note
	share *shared
}

func (e ending) id() belfry.ID {
	if e.note != nil {
		return e.note.n.ID
	}
	return e.share.n.ID
}

func (e *expiring) run(ctx context.Context) error {
	found, err := e.endings(ctx)
	if err != nil || len(found) == 0 {
		return err
	}
	if found, err = e.lock(ctx, found); err != nil {
		return err
	}
	for _, f := range found {
		var ring *belfry.Ring
		if f.note != nil {
			ring, err = e.remove(ctx, f.note, e.now, reasonExpired)
		} else {
			ring = new(belfry.Ring)
			*ring, err = e.removeShared(ctx, f.share, e.now)
		}
		if err != nil {
			return err
		}
		e.removed++
		if ring != nil {
			e.rings = append(e.rings, *ring)
		}
	}
	if e.locked {
		e.saveHead()
	}
	return nil
}

// endings returns at most limit of what has expired, the earliest first.
func (e *expiring) endings(ctx context.Context) (found []ending, err error) {
	own, err := notes(ctx, e.link, notesWhere+`n.expires_at <= $1 ORDER BY n.expires_at, n.id LIMIT $2`, e.now, int64(e.limit))
	if err != nil {
		return nil, err
	}
	for _, n := range own {
		found = append(found, ending{at: n.n.ExpiresAt.UnixMilli(), note: n})
	}
	err = eachShared(ctx, e.link, &person{}, func(b shared) bool {
		found = append(found, ending{at: b.n.ExpiresAt.UnixMilli(), share: &b})
		return true
	}, `b.expires_at <= $2 ORDER BY b.expires_at LIMIT $3`, e.now, int64(e.limit))
	slices.SortFunc(found, func(a, b ending) int {
		x, y := a.id(), b.id()
		return cmp.Or(cmp.Compare(a.at, b.at), slices.Compare(x[:], y[:]))
	})
	return found[:min(e.limit, len(found))], err
}

// lock locks what endings concern, and returns those that are still to be removed, as they are now.
func (e *expiring) lock(ctx context.Context, found []ending) ([]ending, error) {
	var own []*note
	var bseqs []int64
	for _, f := range found {
		if f.note != nil {
			own = append(own, f.note)
		} else {
			bseqs = append(bseqs, f.share.bseq)
		}
	}
	still, err := e.lockForRemoval(ctx, bseqs, owners(own))
	if err != nil {
		return nil, err
	}
	again, err := notes(ctx, e.link, notesWhere+`n.id = ANY($1) AND n.expires_at <= $2`, idsOf(own), e.now)
	if err != nil {
		return nil, err
	}
	current := map[belfry.ID]*note{}
	for _, n := range again {
		if e.byUID[n.uid] != nil {
			current[n.n.ID] = n
		}
	}
	return slices.DeleteFunc(found, func(f ending) bool {
		if f.note == nil {
			return !still[f.share.bseq]
		}
		*f.note = *cmp.Or(current[f.note.n.ID], f.note)
		return current[f.note.n.ID] == nil
	}), nil
}

// clearSome goes on with removing the states of broadcasts that are gone, those of at most limit people, and reports how
// many of them there were.
func (s *Store) clearSome(ctx context.Context, limit int) (cleared int, err error) {
	var bseqs []int64
	err = s.one(ctx, func(ctx context.Context, l *link) error {
		return l.query(ctx, func(r row) error {
			bseqs = append(bseqs, r.int(0))
			return nil
		}, `SELECT bseq FROM belfry.broadcasts WHERE clearing ORDER BY bseq LIMIT 10`)
	})
	if err != nil || len(bseqs) == 0 || limit <= 0 {
		return 0, err
	}
	err = s.write(ctx, func(ctx context.Context, t *tx) error {
		uids, err := t.statedBy(ctx, bseqs, limit)
		if err != nil {
			return err
		}
		cleared = len(uids)
		if err := t.lockOwners(ctx, uids); err != nil {
			return err
		}
		return t.clearAll(ctx, bseqs)
	})
	return cleared, err
}

// clearAll clears what the people who are locked have of broadcasts that are still being cleared.
func (t *tx) clearAll(ctx context.Context, bseqs []int64) error {
	var still []int64
	err := t.query(ctx, func(r row) error {
		still = append(still, r.int(0))
		return nil
	}, `SELECT bseq FROM belfry.broadcasts WHERE bseq = ANY($1) AND clearing ORDER BY bseq FOR UPDATE`, bseqs)
	if err != nil || len(still) == 0 {
		return err
	}
	if err := t.lockHead(ctx); err != nil {
		return err
	}
	for _, bseq := range still {
		if err := t.clear(ctx, bseq); err != nil {
			return err
		}
	}
	t.saveHead()
	return nil
}
