package load

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// fullBulk is how many letters fill the store at once: the most that a bulk may have, as long as the body stays below 512 KiB.
func fullBulk(size int) int64 { return int64(min(1000, 480<<10/(size+150))) }

// resume fills the store, and then continues streams near its head, in the middle and far back.
func (r *run) resume(ctx context.Context) error {
	each := r.Messages / r.Streams // for each person
	if err := r.fill(ctx, int64(each)*int64(r.Streams)); err != nil {
		return err
	}
	r.report.Sent, r.report.Streams = int64(each*r.Streams), 0
	r.report.Resume = []Position{{Name: "near", Behind: 1}, {Name: "middle", Behind: each / 2}, {Name: "far", Behind: each}}
	var sampled atomic.Int64
	r.meter.phase("resuming", int64(r.Rounds*r.Samples*len(r.report.Resume)), sampled.Load)
	for range r.Rounds {
		for i := range r.report.Resume {
			p, late := &r.report.Resume[i], new(latencies)
			for k := range r.Samples {
				took, err := r.sample(ctx, (k*stride+i)%r.Streams, each, p.Behind)
				if err != nil {
					return fmt.Errorf("resume %d behind: %w", p.Behind, err)
				}
				late.add(took)
				sampled.Add(1)
				r.report.Streams++
			}
			p.Rounds = append(p.Rounds, *late.summary())
		}
	}
	return nil
}

// fill stores so many notifications, each person's numbered in the order of their log: a person's are always sent by one
// lane.
func (r *run) fill(ctx context.Context, all int64) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var stored atomic.Int64
	r.meter.phase("storing", all, stored.Load)
	var lanes sync.WaitGroup
	for lane := range r.Senders {
		lanes.Go(func() {
			var letters []letter
			flush := func() {
				if err := r.sender.send(ctx, letters...); err != nil {
					cancel(fmt.Errorf("fill the store: %w", err))
				}
				stored.Add(int64(len(letters)))
				letters = letters[:0]
			}
			for k := range all / int64(r.Streams) {
				for to := lane; to < r.Streams && ctx.Err() == nil; to += r.Senders {
					letters = append(letters, letter{to, payload(r.Size, stamp{number: uint32(k + 1), at: time.Now().UnixNano()})})
					if int64(len(letters)) == fullBulk(r.Size) {
						flush()
					}
				}
			}
			if len(letters) > 0 && ctx.Err() == nil {
				flush()
			}
		})
	}
	lanes.Wait()
	return context.Cause(ctx)
}

// sample continues one person's stream, and returns how long the first frame took. All that is replayed must come, in order.
func (r *run) sample(ctx context.Context, person, head, behind int) (time.Duration, error) {
	token, err := r.target.Token(r.who.of(person))
	if err != nil {
		return 0, err
	}
	after, err := r.cursor(ctx, token, behind)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, r.Patience)
	defer cancel()
	conn, err := dial(ctx, r.target, r.target.URL)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(r.Patience)); err != nil {
		return 0, err
	}
	asked := time.Now()
	if _, err := conn.Write(request(r.target.URL.Host, strings.TrimRight(r.target.URL.Path, "/")+streamPath, token, after)); err != nil {
		return 0, err
	}
	var in tap
	var first time.Duration
	next := uint32(head - behind + 1)
	buf := make([]byte, 32<<10)
	for next <= uint32(head) {
		n, err := conn.Read(buf)
		now := time.Now()
		if n == 0 && err != nil {
			return 0, fmt.Errorf("after %d of %d frames: %w", int(next)-1-head+behind, behind, err)
		}
		if _, err := in.feed(buf[:n], func(s stamp) {
			if first == 0 {
				first = now.Sub(asked)
			}
			r.tally(s.number, &next)
		}); err != nil {
			return 0, err
		}
	}
	return first, nil
}

// tally holds a replayed frame against the one that is due.
func (r *run) tally(number uint32, next *uint32) {
	r.report.Due++
	switch {
	case number == *next:
		r.report.Delivered++
		*next++
	case number < *next:
		r.report.Due--
		r.report.Doubled++
	default:
		r.report.Due += int64(number - *next)
		r.report.Lost += int64(number - *next)
		r.report.Delivered++
		*next = number + 1
	}
}

// cursor returns the place so many entries before a person's head.
func (r *run) cursor(ctx context.Context, token string, behind int) (string, error) {
	answer, err := r.sender.do(ctx, http.MethodGet, countsPath, token, nil)
	if err != nil {
		return "", err
	}
	var counts struct{ Cursor string }
	if err := json.Unmarshal(answer, &counts); err != nil {
		return "", fmt.Errorf("read counts: %w", err)
	}
	parts := strings.Split(counts.Cursor, "-")
	if len(parts) != 3 {
		return "", fmt.Errorf("%.80q is no cursor", counts.Cursor)
	}
	own, err := strconv.Atoi(parts[1])
	if err != nil || own < behind {
		return "", errors.New("the person has fewer than were sent")
	}
	return parts[0] + "-" + strconv.Itoa(own-behind) + "-" + parts[2], nil
}
