package sqlite

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/belfryhq/belfry"
)

// Expire implements [belfry.Upkeep].
func (s *Store) Expire(ctx context.Context, now time.Time, limit int) (rings []belfry.Ring, next time.Time, err error) {
	var out []belfry.Ring
	var due time.Time
	err = s.writer.do(ctx, max(limit, 1), func(t *tx) (err error) {
		out, due, err = t.expire(now.UnixMilli(), max(limit, 1))
		return err
	})
	if err != nil {
		return nil, time.Time{}, failure("expire", err)
	}
	return out, due, nil
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

func (t *tx) expire(now int64, limit int) (rings []belfry.Ring, next time.Time, err error) {
	found, err := t.endings(now, limit)
	if err != nil {
		return nil, time.Time{}, err
	}
	for _, e := range found {
		var ring *belfry.Ring
		if e.note != nil {
			ring, err = t.remove(e.note, now, reasonExpired)
		} else {
			ring = new(belfry.Ring)
			*ring, err = t.removeShared(e.share, now)
		}
		if err != nil {
			return nil, time.Time{}, err
		}
		if ring != nil {
			rings = append(rings, *ring)
		}
	}
	if err := t.clearSome(limit - len(found)); err != nil {
		return nil, time.Time{}, err
	}
	due, err := t.number(`SELECT min(expires_at) FROM notifications WHERE expires_at IS NOT NULL`)
	if err != nil {
		return nil, time.Time{}, err
	}
	due = sooner(due, t.head.due)
	if t.head.clearing > 0 {
		due = sooner(due, now)
	}
	if due != 0 {
		next = fromMilli(due)
	}
	return rings, next, nil
}

// endings returns at most limit of what has expired, the earliest first.
func (t *tx) endings(now int64, limit int) (found []ending, err error) {
	own, err := notes(t.conn, `SELECT `+noteColumns+` FROM notifications n WHERE n.expires_at <= ? ORDER BY n.expires_at, n.key LIMIT ?`,
		now, int64(limit))
	if err != nil {
		return nil, err
	}
	for _, n := range own {
		found = append(found, ending{at: n.n.ExpiresAt.UnixMilli(), note: n})
	}
	if t.head.due != 0 && t.head.due <= now {
		err = eachShared(t.conn, &person{}, func(b shared) bool {
			found = append(found, ending{at: b.n.ExpiresAt.UnixMilli(), share: &b})
			return len(found)-len(own) < limit
		}, `b.expires_at <= ? ORDER BY b.expires_at`, now)
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(found, func(a, b ending) int {
		x, y := a.id(), b.id()
		return cmp.Or(cmp.Compare(a.at, b.at), slices.Compare(x[:], y[:]))
	})
	return found[:min(limit, len(found))], nil
}

// clearSome goes on with removing the states of broadcasts that are gone, and then what was pruned of these.
func (t *tx) clearSome(limit int) error {
	for limit > 0 && t.head.clearing > 0 {
		bseq, err := t.number(`SELECT bseq FROM broadcasts WHERE clearing=1 ORDER BY bseq`)
		if err != nil {
			return err
		}
		removed, err := t.clear(bseq, limit)
		if err != nil {
			return err
		}
		limit -= max(removed, 1)
	}
	return nil
}

// Prune implements [belfry.Upkeep].
func (s *Store) Prune(ctx context.Context, before, now time.Time, limit int) (rings []belfry.Ring, more bool, err error) {
	var out []belfry.Ring
	var left bool
	err = s.writer.do(ctx, max(limit, 1), func(t *tx) (err error) {
		out, left, err = t.prune(before.UnixMilli(), now.UnixMilli(), max(limit, 1))
		return err
	})
	if err != nil {
		return nil, false, failure("prune", err)
	}
	return out, left, nil
}

// prune removes what is over, kind by kind, until limit is used up. Each kind stands in an index of what may be removed,
// so that a sweep never walks over what stays, such as old unread notifications.
func (t *tx) prune(before, now int64, limit int) (rings []belfry.Ring, more bool, err error) {
	if err := t.clearSome(limit); err != nil {
		return nil, false, err
	}
	for _, kind := range []func(limit int) (int, error){
		func(limit int) (n int, err error) { rings, n, err = t.pruneNotes(before, limit); return n, err },
		func(limit int) (int, error) {
			counted, n, err := t.pruneShared(before, limit)
			if counted {
				rings = append(rings, belfry.Ring{Mute: true})
			}
			return n, err
		},
		func(limit int) (int, error) { return t.pruneStates(limit) },
		func(limit int) (int, error) {
			n, err := t.exec(`DELETE FROM answers WHERE idempotency_key IN
				(SELECT idempotency_key FROM answers WHERE created_at <= ? LIMIT ?)`, now-answerAge.Milliseconds(), int64(limit))
			return int(n), err
		},
		func(limit int) (int, error) {
			n, err := t.exec(`DELETE FROM tickets WHERE hash IN (SELECT hash FROM tickets WHERE expires_at <= ? LIMIT ?)`,
				now, int64(limit))
			return int(n), err
		},
		func(limit int) (int, error) {
			n, err := t.exec(`DELETE FROM revocations WHERE hash IN (SELECT hash FROM revocations WHERE expires_at <= ? LIMIT ?)`,
				now, int64(limit))
			return int(n), err
		},
		func(limit int) (int, error) {
			// Along the key, which is about the order of time, so that a sweep reads no more than it removes.
			n, err := t.exec(`DELETE FROM mails_sent WHERE key IN
				(SELECT key FROM (SELECT key, at FROM mails_sent ORDER BY key LIMIT ?2) WHERE at <= ?1)`, now-sentAge.Milliseconds(), int64(limit))
			return int(n), err
		},
		func(limit int) (int, error) {
			n, err := t.exec(`DELETE FROM full_mailboxes WHERE address IN (SELECT address FROM full_mailboxes WHERE at < ? LIMIT ?)`,
				now-fullAge.Milliseconds(), int64(limit))
			return int(n), err
		},
	} {
		n, err := kind(limit)
		if err != nil {
			return nil, false, err
		}
		if limit -= n; limit <= 0 {
			break
		}
	}
	more, err = t.prunable(before, now)
	return rings, more, err
}

func (t *tx) prunable(before, now int64) (bool, error) {
	n, err := t.number(`SELECT EXISTS (SELECT 1 FROM notifications WHERE status >= 2 AND created_at < ?1)
		OR EXISTS (SELECT 1 FROM broadcasts WHERE gone = 2) OR EXISTS (SELECT 1 FROM broadcasts WHERE clearing = 1)
		OR EXISTS (SELECT 1 FROM broadcasts WHERE created_at < ?1)
		OR EXISTS (SELECT 1 FROM answers WHERE created_at <= ?2)
		OR EXISTS (SELECT 1 FROM tickets WHERE expires_at <= ?3)
		OR EXISTS (SELECT 1 FROM revocations WHERE expires_at <= ?3)
		OR (SELECT at <= ?4 FROM mails_sent ORDER BY key LIMIT 1)
		OR EXISTS (SELECT 1 FROM full_mailboxes WHERE at < ?5)`, before, now-answerAge.Milliseconds(), now, now-sentAge.Milliseconds(),
		now-fullAge.Milliseconds())
	return n != 0, err
}

// pruneNotes removes notes that are read, archived, deleted or were never in the inbox, and returns a ring for each person whose
// counts were others.
func (t *tx) pruneNotes(before int64, limit int) (rings []belfry.Ring, removed int, err error) {
	found, err := notes(t.conn, `SELECT `+noteColumns+` FROM notifications n WHERE n.status >= 2 AND n.created_at < ?
		ORDER BY n.created_at LIMIT ?`, before, int64(limit))
	if err != nil {
		return nil, 0, err
	}
	counted := map[string]bool{}
	for _, n := range found {
		if n.status < statusOutside {
			p, err := t.owner(n.uid)
			if err != nil {
				return nil, 0, err
			}
			t.touch(p)
			p.pruned = max(p.pruned, n.seq, n.changed)
			counts := n.status.counts()
			p.own = p.own.Minus(counts)
			if user := p.user.ID; counts != (belfry.Counts{}) && !counted[user] {
				counted[user] = true
				rings = append(rings, belfry.Ring{User: user, Mute: true})
			}
		}
		if err := t.dropDeliveries(n); err != nil {
			return nil, 0, err
		}
		if _, err := t.exec(`DELETE FROM notifications WHERE key=?`, n.key); err != nil {
			return nil, 0, err
		}
	}
	return rings, len(found), nil
}

// pruneShared takes broadcasts out of every inbox and log, and reports whether one of them counted. Their rows go once their
// states are cleared.
func (t *tx) pruneShared(before int64, limit int) (counted bool, removed int, err error) {
	type old struct{ bseq, gone, last int64 }
	var found []old
	err = t.query(func(r row) error {
		found = append(found, old{r.int(0), r.int(1), max(r.int(0), r.int(2))})
		return nil
	}, `SELECT bseq, gone, gone_bseq FROM broadcasts WHERE created_at < ? AND gone < 2 ORDER BY created_at LIMIT ?`, before, int64(limit))
	if err != nil {
		return false, 0, err
	}
	for _, b := range found {
		t.head.bpruned = max(t.head.bpruned, b.last)
		if _, err := t.exec(`UPDATE broadcasts SET gone=2, gone_bseq=NULL WHERE bseq=?`, b.bseq); err != nil {
			return false, 0, err
		}
		if b.gone == 0 {
			counted = true
			if err := t.leave(b.bseq); err != nil {
				return false, 0, err
			}
		}
	}
	return counted, len(found), nil
}

// pruneStates removes the rows of pruned broadcasts that count no more.
func (t *tx) pruneStates(limit int) (int, error) {
	n, err := t.exec(`DELETE FROM broadcast_states WHERE (uid, bseq) IN (SELECT s.uid, s.bseq FROM broadcasts b
		CROSS JOIN broadcast_states s ON s.bseq=b.bseq WHERE b.gone=2 AND b.clearing=0 LIMIT ?)`, int64(limit))
	if err != nil {
		return 0, err
	}
	_, err = t.exec(`DELETE FROM broadcasts WHERE gone=2 AND clearing=0
		AND NOT EXISTS (SELECT 1 FROM broadcast_states s WHERE s.bseq = broadcasts.bseq)`)
	return int(n), err
}
