package crashtest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"
)

// A lane is one sender: it numbers what it sends to everyone, and what it sends to each person, and sends the next when the last is answered.
type lane struct {
	*fleet
	number int
	rand   *rand.Rand
	all    int   // sent to everyone
	own    []int // sent to each person
}

// A stamp is the data of what a lane sends.
type stamp struct {
	Lane int   `json:"lane"`
	All  bool  `json:"all"`
	N    int   `json:"n"`
	At   int64 `json:"at"` // in nanoseconds
}

// run sends until ctx ends. The more devices a broadcast reaches, the fewer of them there are, so that this process can hear them all.
func (l *lane) run(ctx context.Context, t *testing.T) {
	for ctx.Err() == nil {
		var err error
		if l.rand.IntN(max(len(l.devices)/100, 20)) == 0 {
			err = l.send(ctx, `{"all":true}`, &l.all, true)
		} else {
			i := l.rand.IntN(len(l.own))
			err = l.send(ctx, fmt.Sprintf(`"fleet %d"`, i), &l.own[i], false)
		}
		if err != nil {
			t.Errorf("sender %d: %v", l.number, err)
			return
		}
		select { // it need not be a load test
		case <-ctx.Done():
		case <-time.After(time.Duration(l.rand.Int64N(int64(20 * time.Millisecond)))):
		}
	}
}

// send sends the next number under a key, to one node after the other, until it is answered. It is finished when ctx ends.
func (l *lane) send(ctx context.Context, to string, last *int, all bool) error {
	ctx = context.WithoutCancel(ctx)
	l.mu.Lock()
	*last++ // before it is sent: it may be heard before it is answered
	n := *last
	l.mu.Unlock()
	body := fmt.Appendf(nil, `{"to":%s,"category":"fleet.test","title":"t","data":{"lane":%d,"all":%v,"n":%d,"at":%d}}`, to, l.number, all, n, time.Now().UnixNano())
	key := fmt.Sprintf("lane %d to %s number %d", l.number, to, n)
	for {
		status, text, err := l.any(l.rand).call(ctx, http.MethodPost, sendPath, apiKey, body, "Idempotency-Key", key)
		if err == nil && status == http.StatusCreated {
			l.ledger.answered()
			return nil
		}
		if err == nil {
			err = &refused{"send", status, text}
		}
		if !transient(err) {
			return err
		}
		<-time.After(20 * time.Millisecond)
	}
}
