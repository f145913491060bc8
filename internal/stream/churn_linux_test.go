package stream_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/sse"
	"github.com/belfryhq/belfry/internal/stream"
)

// openFiles counts the descriptors of this process.
func openFiles(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// A crowd comes and goes at random, while it is written to.
type crowd struct {
	*node
	t    *testing.T
	told endings
	most atomic.Int64
}

// TestChurn: thousands come and leave in every way, and stop reading, while they are written to. Nobody is given what is
// another's, or the same twice, or a later entry before an earlier one; there are never more than may be; and when all have
// left nothing is left of them. It runs alone, because it counts what is the process's.
func TestChurn(t *testing.T) { //nolint:paralleltest // see above
	if first, err := net.Listen("tcp", "127.0.0.1:0"); err != nil || first.Close() != nil { // the runtime's own poller is there from then on
		t.Fatal(err)
	}
	before := openFiles(t)
	func() {
		c := &crowd{t: t}
		c.node = start(t, func(cfg *stream.Config) {
			cfg.Ended, cfg.MaxConnections, cfg.Heartbeat = c.told.ended, 60, 20*time.Millisecond
		})
		c.hub.SetPatience(200*time.Millisecond, 50*time.Millisecond)
		server := reach(t, c.node, nil, func(q *stream.Request) { q.Watched = true })
		var coming, writing sync.WaitGroup
		done := make(chan struct{})
		writing.Go(func() { c.write(done) })
		leave := goodbyes()
		for k := range 12 {
			coming.Go(func() {
				random := rand.New(rand.NewPCG(7, uint64(k)))
				for range 150 {
					v := call(t, server, fmt.Sprint("user", random.IntN(20)))
					c.visit(v, random)
					switch how := random.IntN(4); how {
					case 0:
						leave["half-close"](v)
					case 1:
						leave["reset"](v)
					default:
						leave["close"](v)
					}
					_ = v.conn.Close()
				}
			})
		}
		coming.Wait()
		close(done)
		writing.Wait()
		eventually(t, "all have left", func() bool { return c.connections() == 0 })
		if s := c.hub.Stats(); s.Parked != 0 || s.Jammed != 0 || s.Portable != 0 || s.Topics != 0 {
			t.Errorf("left over: %+v", s)
		}
		c.told.want(t, int(c.hub.Stats().Opened))
		if most := c.most.Load(); most > 60 {
			t.Errorf("%d streams were open at once", most)
		}
		if err := c.hub.Close(t.Context()); err != nil {
			t.Error(err)
		}
		server.Close()
	}()
	eventually(t, "all descriptors are closed", func() bool { return openFiles(t) <= before })
}

// write sends to all, each in turn, and now and then to everyone.
func (c *crowd) write(done <-chan struct{}) {
	for i := 0; ; i++ {
		select {
		case <-done:
			return
		default:
		}
		user := fmt.Sprint("user", i%20)
		c.send(user, user)
		if i%50 == 0 {
			c.broadcast("all")
		}
		if n := c.connections(); n > c.most.Load() {
			c.most.Store(n)
		}
	}
}

// visit reads a few events, and holds them to what this person may be told.
func (c *crowd) visit(v *caller, random *rand.Rand) {
	client := newClient()
	var mine string
	for range random.IntN(40) {
		e, err := v.reader.Next()
		if err != nil {
			return // it was refused, or given up
		}
		if strings.HasPrefix(word(e), "connection") {
			_, rest, _ := strings.Cut(e.Data, `"user_id":"`)
			mine, _, _ = strings.Cut(rest, `"`)
		}
		if e.Name == "message" && titleOf(e.Data) != mine && titleOf(e.Data) != "all" {
			c.t.Errorf("%s was given %s", mine, e.Data)
		}
		if err := client.play([]sse.Event{e}); err != nil {
			c.t.Errorf("%s: %v", mine, err)
		}
	}
}
