package notify

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/belfryhq/belfry"
)

// batchPeople bounds the people of one transaction of a bulk, so that it delays others by milliseconds, not seconds.
const batchPeople = 2000

// Bulk sends many, each by itself: the results stand in the order of sends, and one that is refused (its Err) stops no
// other. A nil send is passed over, and its result is empty. The order of sends is the order of what they do.
//
// When the store fails midway, the rest is refused with its error; the error of Bulk is for what refused all.
func (s *Service) Bulk(ctx context.Context, sends []*belfry.Send, once Once) ([]belfry.Accepted, error) {
	done, err := s.begin(once.Key)
	if err != nil {
		return nil, err
	}
	defer done()
	if ctx, err = uncancelled(ctx); err != nil {
		return nil, err
	}
	now := s.now()
	b := bulk{results: make([]belfry.Accepted, len(sends))}
	for i, send := range sends {
		if send == nil {
			continue
		}
		course, err := s.prepare(send, now)
		if err != nil {
			b.results[i].Err = err
			continue
		}
		if b.people+people(send) > batchPeople {
			s.flush(ctx, &b)
		}
		b.add(i, send, course, once, now)
	}
	s.flush(ctx, &b)
	if b.err != nil && !b.stored {
		return nil, b.err
	}
	if b.reused > 0 && b.accepted == 0 {
		return nil, belfry.ErrKeyReused
	}
	return b.results, nil
}

// A bulk gathers sends into transactions.
type bulk struct {
	results  []belfry.Accepted
	pending  []belfry.Accept
	places   []int // of pending, in results
	people   int   // of pending
	mail     bool  // some of pending goes by mail
	stored   bool  // at least one transaction was committed
	err      error // the store's failure; nothing is tried after it
	accepted int
	reused   int // refused because the idempotency key had another body
}

func (b *bulk) add(i int, send *belfry.Send, c course, once Once, now time.Time) {
	if once.Key != "" {
		once.Key += "\n" + strconv.Itoa(i)
	}
	b.pending = append(b.pending, c.accept(send, once, now))
	b.places = append(b.places, i)
	b.people += people(send)
	b.mail = b.mail || c.mail != nil
}

// isKeyReused knows ErrKeyReused by its field: errors.Is compares codes, and every refused field has the same code.
func isKeyReused(err error) bool {
	e, ok := errors.AsType[*belfry.Error](err)
	return ok && len(e.Fields) == 1 && e.Fields[0].Field == belfry.ErrKeyReused.Fields[0].Field
}

func people(send *belfry.Send) int { return max(1, len(send.To.Users)) }

func (s *Service) flush(ctx context.Context, b *bulk) {
	if len(b.pending) == 0 {
		return
	}
	var results []belfry.Accepted
	if b.err == nil {
		results, b.err = s.store.Accept(ctx, b.pending)
		if b.err != nil {
			b.err = fmt.Errorf("accept %d notifications: %w", len(b.pending), b.err)
		}
	}
	var rings []belfry.Ring
	for i, place := range b.places {
		if b.err != nil {
			b.results[place].Err = b.err
			continue
		}
		b.results[place] = results[i]
		if err := results[i].Err; err != nil {
			if isKeyReused(err) {
				b.reused++
			}
			continue
		}
		b.accepted++
		rings = append(rings, results[i].Rings...)
		s.expectExpiry(b.pending[i].Send.ExpiresAt)
	}
	b.stored = b.stored || b.err == nil
	s.ring(ctx, rings...)
	if b.mail && b.err == nil {
		s.wake()
	}
	b.pending, b.places, b.people, b.mail = nil, nil, 0, false
}
