package auth

import (
	"container/heap"
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/belfryhq/belfry"
)

const (
	defaultWatchEvery = time.Minute
	watchTimeout      = 10 * time.Second // of one look
	watchAtOnce       = 8                // looks under way
)

// WatchConfig is what [Watches] need.
type WatchConfig struct {
	Every  time.Duration                                             // between two looks at a login, at most; 0: a minute
	Hangup func(user, connection string, why belfry.CloseReason) int // ends a stream of this node; required
	Logger *slog.Logger                                              // nil: silent
}

// Watches look again at the logins by which streams are open, and end the streams whose login has ended: `revoked`, or
// `expired` when its time was over. While whoever keeps the logins does not answer, streams stay.
//
// Safe for use by several goroutines at once.
type Watches struct {
	cfg  WatchConfig
	stop func()

	mu   sync.Mutex
	all  map[belfry.ID]*watch // by the connection's id
	due  schedule
	wake chan struct{}
}

// A watch is one stream whose login is looked at.
type watch struct {
	user       string
	connection belfry.ID
	login      *Login
	expires    time.Time // as it was at the last look; zero: not known
	seen       time.Time // when it was last good
	at         time.Time // of the next look
	place      int       // in the schedule; negative: in none
}

// NewWatches returns Watches that look until [Watches.Close].
func NewWatches(c WatchConfig) *Watches {
	if c.Every <= 0 {
		c.Every = defaultWatchEvery
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	w := &Watches{cfg: c, all: map[belfry.ID]*watch{}, wake: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { w.run(ctx) })
	w.stop = func() {
		cancel()
		running.Wait()
	}
	return w
}

// Close ends the looking; a second Close does nothing.
func (w *Watches) Close() { w.stop() }

// Open watches over a stream that is about to open by a login, until Ended.
func (w *Watches) Open(p Principal, connection belfry.ID) {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	v := &watch{user: p.User, connection: connection, login: p.Login, expires: p.ExpiresAt, seen: now}
	w.all[connection] = v
	w.plan(v, now)
}

// Ended says that the stream has ended, or did not open; of one that is not watched over it says nothing.
func (w *Watches) Ended(connection belfry.ID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	v := w.all[connection]
	if v == nil {
		return
	}
	delete(w.all, connection)
	v.login = nil // a look that is under way has nothing to say any more
	if v.place >= 0 {
		heap.Remove(&w.due, v.place)
	}
}

// Len returns how many streams are watched over.
func (w *Watches) Len() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.all)
}

// plan puts a watch into the schedule: after a while that is not the same for all, and no later than its login ends.
func (w *Watches) plan(v *watch, now time.Time) {
	v.at = now.Add(w.cfg.Every - rand.N(w.cfg.Every/10+1))
	if v.expires.After(now) && v.expires.Before(v.at) {
		v.at = v.expires
	}
	heap.Push(&w.due, v)
	if v.place == 0 {
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

// run looks at what is due, a few at once.
func (w *Watches) run(ctx context.Context) {
	var looks sync.WaitGroup
	defer looks.Wait()
	turns := make(chan struct{}, watchAtOnce)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		v, login, wait := w.next(time.Now())
		if v == nil {
			timer.Reset(wait)
			select {
			case <-timer.C:
			case <-w.wake:
			case <-ctx.Done():
				return
			}
			continue
		}
		select {
		case turns <- struct{}{}:
		case <-ctx.Done():
			return
		}
		looks.Go(func() {
			defer func() { <-turns }()
			w.look(ctx, v, login)
		})
	}
}

// next takes the watch that is due out of the schedule, or says how long there is none.
func (w *Watches) next(now time.Time) (*watch, *Login, time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.due) == 0 {
		return nil, nil, time.Hour
	}
	v := w.due[0]
	if wait := v.at.Sub(now); wait > 0 {
		return nil, nil, wait
	}
	heap.Pop(&w.due)
	return v, v.login, 0
}

func (w *Watches) look(ctx context.Context, v *watch, login *Login) {
	asking, cancel := context.WithTimeout(ctx, watchTimeout)
	defer cancel()
	p, err := login.Again(asking)
	now := time.Now()
	if ctx.Err() != nil {
		return
	}
	why := w.judge(v, p, err, now)
	if why == "" {
		return
	}
	w.cfg.Logger.DebugContext(ctx, "a stream's login has ended", "user", v.user, "reason", string(why))
	w.cfg.Hangup(v.user, v.connection.String(), why)
}

// judge plans the next look, or says why the stream must end.
func (w *Watches) judge(v *watch, p Principal, err error, now time.Time) belfry.CloseReason {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case v.login == nil:
		return ""
	case err == nil && p.User == v.user:
		v.seen, v.expires = now, p.ExpiresAt
	case err != nil && !isRefusal(err):
		w.cfg.Logger.Warn("a login cannot be looked at again; its stream stays", "user", v.user, "since", now.Sub(v.seen), "error", err)
		if v.login.grace > 0 && now.Sub(v.seen) >= v.login.grace {
			return belfry.CloseExpired
		}
	case !v.expires.IsZero() && !now.Before(v.expires):
		return belfry.CloseExpired
	default:
		return belfry.CloseRevoked
	}
	w.plan(v, now)
	return ""
}

// A schedule is a heap of watches by their time.
type schedule []*watch

// Len implements [heap.Interface].
func (s schedule) Len() int { return len(s) }

// Less implements [heap.Interface].
func (s schedule) Less(i, j int) bool { return s[i].at.Before(s[j].at) }

// Swap implements [heap.Interface].
func (s schedule) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].place, s[j].place = i, j
}

// Push implements [heap.Interface].
func (s *schedule) Push(x any) {
	v, _ := x.(*watch)
	v.place = len(*s)
	*s = append(*s, v)
}

// Pop implements [heap.Interface].
func (s *schedule) Pop() any {
	last := len(*s) - 1
	v := (*s)[last]
	v.place = -1
	(*s)[last] = nil
	*s = (*s)[:last]
	return v
}
