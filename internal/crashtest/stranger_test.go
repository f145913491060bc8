package crashtest_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A way is what a stranger does until it is done, or ctx ends; it calls begun when it is at it, and returns what should not
// have been; empty: all was as it should.
type way func(ctx context.Context, p *process, begun func()) string

func strangers(a assault) []way {
	return []way{
		a.silence, a.guess, a.repeat("a bomb", bomb), a.repeat("large headers", largeHeaders), a.repeat("many headers", manyHeaders),
		a.repeat("a deep body", deepBody), a.repeat("a slow body", slowBody),
	}
}

// dial opens a connection that is closed when ctx ends.
func (p *process) dial(ctx context.Context) (net.Conn, func(), error) {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", strings.TrimPrefix(p.base, "http://"))
	if err != nil {
		return nil, nil, err
	}
	unwatch := context.AfterFunc(ctx, func() { _ = c.Close() })
	return c, func() { unwatch(); _ = c.Close() }, nil
}

// silence holds connections whose headers come in drops and never end. The server must end each.
func (a assault) silence(ctx context.Context, p *process, begun func()) string {
	var all sync.WaitGroup
	var open, left atomic.Int64
	apart := time.NewTicker(time.Second / time.Duration(a.silent)) // in step, they would come back as one burst each second
	defer apart.Stop()
	for range a.silent {
		<-apart.C
		all.Go(func() {
			first := true
			pace := time.NewTicker(time.Second) // to come back at once would be another attack
			defer pace.Stop()
			for ctx.Err() == nil && (first || a.again) {
				if !first {
					<-pace.C
				}
				if err := p.drip(ctx, func() {
					if first && open.Add(1) == int64(a.silent) {
						begun()
					}
					first = false
				}); errors.Is(err, os.ErrDeadlineExceeded) {
					left.Add(1)
				}
			}
		})
	}
	all.Wait()
	if n := left.Load(); n > 0 {
		return fmt.Sprintf("%d of %d silent connections were left open for %v", n, a.silent, patience)
	}
	return ""
}

// drip opens one and sends a byte now and then; the error is of its end, a deadline's when the server did not end it.
func (p *process) drip(ctx context.Context, opened func()) error {
	c, hangUp, err := p.dial(ctx)
	opened()
	if err != nil {
		return err
	}
	defer hangUp()
	if _, err := io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: "); err != nil {
		return err
	}
	end := time.Now().Add(patience)
	for time.Now().Before(end) {
		if _, err := c.Write([]byte("x")); err != nil {
			return err
		}
		if err := c.SetReadDeadline(time.Now().Add(500 * time.Millisecond)); err != nil {
			return err
		}
		if _, err := c.Read(make([]byte, 256)); !errors.Is(err, os.ErrDeadlineExceeded) {
			return err // nil is an answer: that the headers took too long
		}
	}
	return os.ErrDeadlineExceeded
}

// A volley is how many guesses go out in one write: it costs the strangers little, and is no better looked at.
const volley = 16

// guess sends credentials that are no good, of each kind in turn. They are refused, and soon without a look.
func (a assault) guess(ctx context.Context, p *process, begun func()) string {
	begun()
	start := time.Now()
	var all sync.WaitGroup
	var sent, refused, limited, other atomic.Int64
	answered := func(status int) {
		switch status {
		case http.StatusUnauthorized:
			refused.Add(1)
		case http.StatusTooManyRequests:
			limited.Add(1)
		default:
			other.Add(1)
		}
	}
	every := time.Second * volley * time.Duration(a.guessers) / time.Duration(a.guesses) // for each guesser
	apart := time.NewTicker(every / time.Duration(a.guessers))
	defer apart.Stop()
	for worker := range a.guessers {
		<-apart.C
		all.Go(func() {
			pace := time.NewTicker(every)
			defer pace.Stop()
			for n := 0; ctx.Err() == nil && (a.again || n < a.guesses/a.guessers); {
				out, back := p.tryCredentials(ctx, worker, a.guesses/a.guessers-n, a.again, pace.C, answered)
				n += back
				sent.Add(int64(out))
			}
		})
	}
	all.Wait()
	_, _ = fmt.Fprintf(os.Stderr, "guesses: %d sent, %d looked at and refused, %d refused without a look, in %v\n", sent.Load(), refused.Load(), limited.Load(), time.Since(start).Round(time.Second))
	// Those that are looked at: the burst, what comes back meanwhile, and what is under way when the last one is counted.
	most := 300 + 5*int64(time.Since(start)/time.Second+2) + 2*int64(a.guessers)
	if other.Load() > 0 || refused.Load() > most || limited.Load() < int64(a.guesses)/2 {
		return fmt.Sprintf("guesses: %d refused (at most %d are to be looked at), %d limited, %d answered otherwise", refused.Load(), most, limited.Load(), other.Load())
	}
	return ""
}

// tryCredentials guesses on one connection until it ends, and returns how many guesses it sent, and how many were answered. Where
// it is endless, it waits for the time of the next volley, and not for answers.
func (p *process) tryCredentials(ctx context.Context, worker, most int, endless bool, pace <-chan time.Time, answered func(int)) (sent, back int) {
	c, hangUp, err := p.dial(ctx)
	if err != nil {
		return 0, 0
	}
	heard := make(chan struct{}, 1)
	var hearing sync.WaitGroup
	hearing.Go(func() {
		defer close(heard)
		defer hangUp() // which ends the sending too
		in := bufio.NewReader(c)
		for {
			answer, err := http.ReadResponse(in, nil)
			if err != nil {
				return
			}
			_, err = io.Copy(io.Discard, answer.Body)
			if answer.Body.Close() != nil || err != nil {
				return
			}
			answered(answer.StatusCode)
			if back++; back%volley == 0 && !endless {
				heard <- struct{}{}
			}
		}
	})
	for endless || sent < most {
		if endless {
			select {
			case <-pace:
			case <-heard: // closed: the server has hung up, and a new connection is there when its time comes
				return sent, back
			}
		}
		if _, err := io.WriteString(c, guessesOf(worker, sent)); err != nil {
			break
		}
		if sent += volley; endless {
			continue
		}
		if _, more := <-heard; !more {
			break
		}
	}
	hangUp()
	hearing.Wait()
	return sent, back
}

// guessesOf is a volley.
func guessesOf(worker, n int) string {
	var all strings.Builder
	for i := range volley {
		credential := fmt.Sprintf("%d-%d", worker, n+i)
		all.WriteString("GET /api/v1/notifications" + []string{
			"/counts/ HTTP/1.1\r\nAuthorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0." + credential, "/counts/?ticket=" + credential + " HTTP/1.1",
			"/counts/ HTTP/1.1\r\nAuthorization: Bearer bf_" + credential, "/sse/stream/?token=a.b." + credential + " HTTP/1.1",
		}[i%4] + "\r\nHost: x\r\n\r\n")
	}
	return all.String()
}

// repeat makes a way of what is done once, and which answers it may get; 0 is a connection that is cut, as any may be
// among so many before its sender is known.
func (a assault) repeat(what string, once func(context.Context, *process) (status int, allowed []int)) way {
	return func(ctx context.Context, p *process, begun func()) string {
		begun()
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ctx.Err() == nil && (a.again || n < 5); n++ {
			<-tick.C
			status, allowed := once(ctx, p)
			for i, good := range allowed {
				if good == status || ctx.Err() != nil {
					break
				}
				if i == len(allowed)-1 {
					return fmt.Sprintf("%s: got %d, want one of %v", what, status, allowed)
				}
			}
		}
		return ""
	}
}

// raw sends bytes on a connection of their own and returns the status of the answer, 0 when there is none.
func (p *process) raw(ctx context.Context, parts ...string) int {
	c, hangUp, err := p.dial(ctx)
	if err != nil {
		return 0
	}
	defer hangUp()
	if c.SetDeadline(time.Now().Add(patience)) != nil {
		return 0
	}
	for _, part := range parts {
		if _, err := io.WriteString(c, part); err != nil {
			break // refused while it was sent; the answer may be there
		}
	}
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return -1 // neither answered nor cut
	case err != nil:
		return 0
	}
	defer func() { _ = answer.Body.Close() }()
	return answer.StatusCode
}

// authorized is a request with the right key: the worst that a stranger is not.
func authorized(length int, more string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n%s\r\n", sendPath, apiKey, length, more)
}

// bomb is a small body that would be a large one.
func bomb(ctx context.Context, p *process) (int, []int) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.CopyN(z, zeros{}, 10<<20); err != nil || z.Close() != nil {
		return -1, nil
	}
	return p.raw(ctx, authorized(b.Len(), "Content-Encoding: gzip\r\n"), b.String()), []int{http.StatusUnsupportedMediaType, 0}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

func largeHeaders(ctx context.Context, p *process) (int, []int) {
	return p.raw(ctx, "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Large: "+strings.Repeat("x", 1<<20)+"\r\n\r\n"), []int{http.StatusRequestHeaderFieldsTooLarge, 0}
}

func manyHeaders(ctx context.Context, p *process) (int, []int) {
	return p.raw(ctx, "GET /healthz HTTP/1.1\r\nHost: x\r\n"+strings.Repeat("X-Many: x\r\n", 20_000)+"\r\n"), []int{http.StatusRequestHeaderFieldsTooLarge, 0}
}

func deepBody(ctx context.Context, p *process) (int, []int) {
	const depth = 250_000
	return p.raw(ctx, authorized(depth, ""), strings.Repeat("[", depth)), []int{http.StatusBadRequest, 0}
}

// slowBody announces a body and sends a part of it.
func slowBody(ctx context.Context, p *process) (int, []int) {
	return p.raw(ctx, authorized(100, ""), `{"to":"42"`), []int{http.StatusBadRequest, 0}
}
