package postgres

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/belfryhq/belfry"
)

var _ belfry.Intake = (*Store)(nil)

// gateID is, beside lockID, the name of the lock under which deposits are taken in: by one node at a time, for two that take
// at the same time could commit a person's later deposit before the earlier one.
const gateID = 1

// How long deposits that fail wait, and when they are refused: after some two hours.
const (
	depositPause    = 2 * time.Second // after the first failure; twice as long each time
	depositTries    = 12
	maxDepositPause = time.Hour
)

// refusedAge is how long refused deposits are kept, for whoever looks into why.
const refusedAge = 30 * 24 * time.Hour

const reasonDeposit = "it could not be stored, many times over; the log says why"

// TakeIn implements [belfry.Intake].
func (s *Store) TakeIn(ctx context.Context, now time.Time, limit int, read func(*belfry.Deposit) (belfry.Accept, error)) (taken []belfry.Taken, more bool, err error) {
	waiting := false // without a transaction: most looks find nothing
	err = s.ask(ctx, func(r row) error {
		waiting = r.is(0)
		return nil
	}, `SELECT EXISTS (SELECT 1 FROM belfry.intake WHERE refused_at IS NULL AND due <= $1)`, now.UnixMilli())
	if err != nil || !waiting {
		return nil, false, failure("take in", err)
	}
	k := taking{store: s, now: now.UnixMilli(), read: read}
	err = k.take(ctx, max(limit, 1))
	if err == nil || ctx.Err() != nil || passing(err) {
		return k.taken, k.more, failure("take in", err)
	}
	// One of them cannot be stored. Each by itself, in their order, so that it is put aside alone.
	var all []belfry.Taken
	for range k.found {
		if err = k.take(ctx, 1); err != nil && !passing(err) && len(k.places) > 0 {
			err = errors.Join(k.putAside(ctx, err), failure("take in a deposit, which is tried again", err))
		}
		all = append(all, k.taken...)
		if err != nil {
			break
		}
	}
	return all, true, err
}

// passing reports whether a failure has nothing to do with what was to be stored.
func passing(err error) bool { return isAway(err) || isFull(err) || errors.Is(err, errUnknown) }

// A taking takes deposits in.
type taking struct {
	store *Store
	now   int64
	read  func(*belfry.Deposit) (belfry.Accept, error)

	found    int
	deposits []belfry.Deposit // what of found fits into a transaction
	places   []int64          // of deposits
	taken    []belfry.Taken   // of deposits
	more     bool
}

// take takes at most limit deposits in, in one transaction. The end of wait ends the waiting for another node alone.
func (k *taking) take(wait context.Context, limit int) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(wait), storeWithin)
	defer cancel()
	err := k.store.write(ctx, func(ctx context.Context, t *tx) error {
		k.taken, k.more = nil, false
		if err := k.lock(wait, t, limit); err != nil {
			return err
		}
		return k.run(ctx, t)
	})
	if err != nil {
		k.taken = nil
	}
	return err
}

// lock waits for its turn, and reads what is there.
func (k *taking) lock(ctx context.Context, t *tx, limit int) error {
	k.deposits, k.places = nil, nil
	if _, err := t.exec(ctx, `SELECT pg_advisory_xact_lock($1, $2)`, int32(lockID), int32(gateID)); err != nil {
		return err
	}
	err := t.query(ctx, func(r row) error {
		k.places = append(k.places, r.int(0))
		k.deposits = append(k.deposits, belfry.Deposit{ID: r.id(1), Request: []byte(r.text(2)), IdempotencyKey: r.text(3)})
		return nil
	}, `SELECT place, id, request::text, idempotency_key FROM belfry.intake WHERE refused_at IS NULL AND due <= $1
		ORDER BY place LIMIT $2 FOR UPDATE SKIP LOCKED`, k.now, int64(limit))
	k.found = len(k.deposits)
	k.more = k.found == limit
	return err
}

// run makes of deposits what they are to become.
func (k *taking) run(ctx context.Context, t *tx) error {
	t.named = map[*belfry.Accept]belfry.ID{}
	var sends []*belfry.Accept
	k.taken = make([]belfry.Taken, 0, len(k.deposits))
	rows := 0
	for i := range k.deposits {
		out := belfry.Taken{Deposit: k.deposits[i].ID}
		var err error
		if out.Accept, err = k.read(&k.deposits[i]); err != nil {
			if !isRefusal(err) {
				return err
			}
			out.Err = err
		} else if rows += 1 + len(out.Accept.Send.To.Users); rows > maxBatchRows && i > 0 {
			k.more = true
			break
		}
		k.taken = append(k.taken, out)
		if a := &k.taken[i].Accept; out.Err == nil {
			sends, t.named[a] = append(sends, a), out.Deposit
		}
	}
	answers, err := t.accept(ctx, sends)
	if err != nil {
		return err
	}
	k.settle(t, answers)
	return nil
}

// settle gives each deposit its answer, and removes it, or puts it aside.
func (k *taking) settle(t *tx, answers []belfry.Accepted) {
	var done, refused []int64
	var reasons []string
	for i := range k.taken {
		out := &k.taken[i]
		if out.Err == nil {
			out.Accepted, answers = answers[0], answers[1:]
		}
		if out.Err == nil {
			done = append(done, k.places[i])
			continue
		}
		refused, reasons = append(refused, k.places[i]), append(reasons, clean(out.Err.Error()))
	}
	if len(done) > 0 {
		t.queue(`DELETE FROM belfry.intake WHERE place = ANY($1)`, done)
	}
	if len(refused) > 0 {
		t.queue(`UPDATE belfry.intake i SET refused_at=$1, reason=v.reason FROM unnest($2::bigint[], $3::text[]) AS v(place, reason)
			WHERE i.place=v.place`, k.now, refused, reasons)
	}
}

// putAside lets the deposit that failed by itself wait.
func (k *taking) putAside(ctx context.Context, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeWithin)
	defer cancel()
	_, err := k.store.change(ctx, `UPDATE belfry.intake SET tries=tries+1, reason=$2,
		due=$3 + least($4::bigint * (1 << least(tries, 20)), $5::bigint) + $6::bigint, refused_at=CASE WHEN tries+1 >= $7 THEN $3 END WHERE place=$1`,
		k.places[0], reasonDeposit, k.now, depositPause.Milliseconds(), maxDepositPause.Milliseconds(), rand.Int64N(1000), depositTries)
	if err != nil {
		return errors.Join(cause, err)
	}
	return nil
}

// IntakeState implements [belfry.Intake].
func (s *Store) IntakeState(ctx context.Context) (out belfry.IntakeState, err error) {
	err = s.ask(ctx, func(r row) error {
		out = belfry.IntakeState{Waiting: int(r.int(0)), Refused: int(r.int(1)), Oldest: r.time(2), Last: r.id(3), Reason: r.text(4)}
		return nil
	}, `SELECT (SELECT count(*) FROM (SELECT 1 FROM belfry.intake WHERE refused_at IS NULL LIMIT $1) w),
		(SELECT count(*) FROM (SELECT 1 FROM belfry.intake WHERE refused_at IS NOT NULL LIMIT $1) r),
		(SELECT created_at FROM belfry.intake WHERE refused_at IS NULL ORDER BY place LIMIT 1), l.id, l.reason
		FROM (SELECT 1) one LEFT JOIN LATERAL (SELECT id, reason FROM belfry.intake WHERE refused_at IS NOT NULL
			ORDER BY refused_at DESC LIMIT 1) l ON true`, int64(belfry.MaxIntakeCount))
	return out, failure("intake state", err)
}
