package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/belfryhq/belfry"
)

// Prune implements [belfry.Upkeep]: kind by kind, each in a transaction of its own, until limit is used up. Each kind
// stands in an index of what may be removed, so that a sweep never walks over what stays, such as old unread notifications.
func (s *Store) Prune(ctx context.Context, before, now time.Time, limit int) (rings []belfry.Ring, more bool, err error) {
	p := pruning{Store: s, before: before.UnixMilli(), now: now.UnixMilli()}
	limit = max(limit, 1)
	for _, kind := range []func(context.Context, int) (int, error){s.clearSome, p.notes, p.shared, p.states, p.answers, p.tickets, p.revocations, p.sent, p.full, p.refused} {
		n, err := kind(ctx, limit)
		if err != nil {
			return p.rings, false, failure("prune", err)
		}
		if limit -= n; limit <= 0 {
			break
		}
	}
	more, err = p.more(ctx)
	return p.rings, more, failure("prune", err)
}

type pruning struct {
	*Store
	before, now int64
	rings       []belfry.Ring // of what is committed
}

// more asks for the first of each kind, and not whether there is one: that the server may answer by reading a table, in the
// hope to meet one soon.
func (p *pruning) more(ctx context.Context) (more bool, err error) {
	err = p.one(ctx, func(ctx context.Context, l *link) error {
		return l.query(ctx, func(r row) error {
			more = r.is(0)
			return nil
		}, `SELECT (SELECT min(created_at) FROM belfry.notifications WHERE status >= 2) < $1
			OR (SELECT min(bseq) FROM belfry.broadcasts WHERE gone = 2) IS NOT NULL
			OR (SELECT min(bseq) FROM belfry.broadcasts WHERE clearing) IS NOT NULL
			OR (SELECT min(created_at) FROM belfry.broadcasts) < $1
			OR (SELECT min(created_at) FROM belfry.answers) <= $2
			OR (SELECT min(expires_at) FROM belfry.tickets) <= $3
			OR (SELECT min(expires_at) FROM belfry.revocations WHERE expires_at IS NOT NULL) <= $3
			OR (SELECT at FROM belfry.mails_sent ORDER BY id LIMIT 1) <= $4
			OR (SELECT min(at) FROM belfry.full_mailboxes) < $5
			OR (SELECT min(refused_at) FROM belfry.intake WHERE refused_at IS NOT NULL) < $6`,
			p.before, p.now-answerAge.Milliseconds(), p.now, p.now-sentAge.Milliseconds(), p.now-fullAge.Milliseconds(),
			p.now-refusedAge.Milliseconds())
	})
	return more, err
}

// notes removes notes that are read, archived, deleted or were never in the inbox, with a ring for each person whose counts
// were others.
func (p *pruning) notes(ctx context.Context, limit int) (removed int, err error) {
	var rings []belfry.Ring
	err = p.write(ctx, func(ctx context.Context, t *tx) error {
		rings = nil
		counted := map[int64]bool{}
		found, err := notes(ctx, t.link, notesWhere+`n.status >= 2 AND n.created_at < $1 ORDER BY n.created_at LIMIT $2`, p.before, int64(limit))
		if removed = len(found); err != nil || removed == 0 {
			return err
		}
		if err := t.lockOwners(ctx, owners(found)); err != nil {
			return err
		}
		found, err = notes(ctx, t.link, notesWhere+`n.id = ANY($1)`, idsOf(found))
		if err != nil {
			return err
		}
		found = slices.DeleteFunc(found, func(n *note) bool { return n.status < statusRead || n.n.CreatedAt.UnixMilli() >= p.before })
		for _, n := range found {
			owner := t.byUID[n.uid]
			if owner == nil || n.status >= statusOutside {
				continue
			}
			t.mark(owner)
			owner.pruned = max(owner.pruned, n.seq, n.changed)
			counts := n.status.counts()
			owner.own = owner.own.Minus(counts)
			if counts != (belfry.Counts{}) && !counted[n.uid] {
				counted[n.uid] = true
				rings = append(rings, belfry.Ring{User: owner.user.ID, Mute: true})
			}
		}
		ids := idsOf(found)
		t.widow(ids)
		t.queue(`DELETE FROM belfry.messages WHERE id IN (SELECT id FROM belfry.deliveries WHERE notification_id = ANY($1))`, ids)
		t.queue(`DELETE FROM belfry.deliveries WHERE notification_id = ANY($1)`, ids)
		t.queue(`DELETE FROM belfry.notifications WHERE id = ANY($1)`, ids)
		return nil
	})
	if err == nil {
		p.rings = append(p.rings, rings...)
	}
	return removed, err
}

// shared takes broadcasts out of every inbox and log, with a ring for everyone when one of them counted. Their rows go once
// their states are cleared.
func (p *pruning) shared(ctx context.Context, limit int) (removed int, err error) {
	counted := false
	err = p.write(ctx, func(ctx context.Context, t *tx) error {
		counted = false
		type old struct{ bseq, gone, last int64 }
		var found []old
		err := t.query(ctx, func(r row) error {
			found = append(found, old{r.int(0), r.int(1), max(r.int(0), r.int(2))})
			return nil
		}, `SELECT bseq, gone, gone_bseq FROM belfry.broadcasts WHERE bseq = ANY(ARRAY(SELECT bseq FROM belfry.broadcasts
			WHERE created_at < $1 AND gone < 2 ORDER BY created_at LIMIT $2)) AND gone < 2 ORDER BY bseq FOR UPDATE`, p.before, int64(limit))
		if removed = len(found); err != nil || removed == 0 {
			return err
		}
		if err := t.lockHead(ctx); err != nil {
			return err
		}
		for _, b := range found {
			t.head.bpruned = max(t.head.bpruned, b.last)
			t.queue(`UPDATE belfry.broadcasts SET gone=2, gone_bseq=NULL WHERE bseq=$1`, b.bseq)
			if b.gone == 0 {
				counted = true
				if err := t.leave(ctx, b.bseq); err != nil {
					return err
				}
			}
		}
		t.saveHead()
		return nil
	})
	if err == nil && counted {
		p.rings = append(p.rings, belfry.Ring{Mute: true})
	}
	return removed, err
}

// states removes the rows of pruned broadcasts that count no more.
func (p *pruning) states(ctx context.Context, limit int) (removed int, err error) {
	removed, err = p.delete(ctx, `DELETE FROM belfry.broadcast_states WHERE (uid, bseq) IN (SELECT s.uid, s.bseq FROM belfry.broadcasts b
		JOIN belfry.broadcast_states s ON s.bseq=b.bseq WHERE b.gone=2 AND NOT b.clearing ORDER BY b.bseq LIMIT $1 FOR UPDATE OF s SKIP LOCKED)`, int64(limit))
	if err != nil {
		return 0, err
	}
	_, err = p.delete(ctx, `DELETE FROM belfry.broadcasts b WHERE gone=2 AND NOT clearing
		AND NOT EXISTS (SELECT 1 FROM belfry.broadcast_states s WHERE s.bseq = b.bseq)`)
	return removed, err
}

// Arrays of keys, here and below, are looked up one by one; what is IN a selection the server may join with a whole table.
func (p *pruning) answers(ctx context.Context, limit int) (int, error) {
	return p.delete(ctx, `DELETE FROM belfry.answers WHERE idempotency_key = ANY(ARRAY(SELECT idempotency_key FROM belfry.answers
		WHERE created_at <= $1 ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED))`, p.now-answerAge.Milliseconds(), int64(limit))
}

func (p *pruning) tickets(ctx context.Context, limit int) (int, error) {
	return p.delete(ctx, `DELETE FROM belfry.tickets WHERE hash = ANY(ARRAY(SELECT hash FROM belfry.tickets
		WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED))`, p.now, int64(limit))
}

func (p *pruning) revocations(ctx context.Context, limit int) (int, error) {
	return p.delete(ctx, `DELETE FROM belfry.revocations WHERE hash = ANY(ARRAY(SELECT hash FROM belfry.revocations
		WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED))`, p.now, int64(limit))
}

// sent walks along the id, which is about the order of time, so that a sweep reads no more than it removes.
func (p *pruning) sent(ctx context.Context, limit int) (int, error) {
	return p.delete(ctx, `DELETE FROM belfry.mails_sent WHERE id = ANY(ARRAY
		(SELECT id FROM (SELECT id, at FROM belfry.mails_sent ORDER BY id LIMIT $2) s WHERE at <= $1))`, p.now-sentAge.Milliseconds(), int64(limit))
}

func (p *pruning) full(ctx context.Context, limit int) (int, error) {
	return p.delete(ctx, `DELETE FROM belfry.full_mailboxes WHERE address = ANY(ARRAY(SELECT address FROM belfry.full_mailboxes
		WHERE at < $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED))`, p.now-fullAge.Milliseconds(), int64(limit))
}

func (p *pruning) refused(ctx context.Context, limit int) (int, error) {
	return p.delete(ctx, `DELETE FROM belfry.intake WHERE place = ANY(ARRAY(SELECT place FROM belfry.intake
		WHERE refused_at < $1 ORDER BY refused_at LIMIT $2 FOR UPDATE SKIP LOCKED))`, p.now-refusedAge.Milliseconds(), int64(limit))
}

// delete runs one statement that removes rows nobody waits for.
func (s *Store) delete(ctx context.Context, sql string, args ...any) (removed int, err error) {
	err = s.write(ctx, func(ctx context.Context, t *tx) error {
		n, err := t.exec(ctx, sql, args...)
		removed = int(n)
		return err
	})
	return removed, err
}

var _ belfry.Upkeep = (*Store)(nil)
