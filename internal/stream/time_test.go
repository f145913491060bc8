package stream_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/belfryhq/belfry/internal/stream"
)

func wait(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestHeartbeat(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t)
		p := n.open(stream.Request{User: "ada"})
		wait(24 * time.Second)
		wantWords(t, p, "connection 0 0")
		wait(time.Second)
		wantWords(t, p, "connection 0 0", "heartbeat")
		wait(20 * time.Second)
		n.send("ada", "one") // the silence begins anew
		wait(24 * time.Second)
		wantWords(t, p, "connection 0 0", "heartbeat", "message one", "counts 1 1")
		wait(time.Second)
		wantWords(t, p, "connection 0 0", "heartbeat", "message one", "counts 1 1", "heartbeat")
		last := p.events()[4].Data
		if want := `{"ts":"2000-01-01T00:01:10.000Z"}`; last != want {
			t.Errorf("want %s, got %s", want, last)
		}
		if got := n.hub.Stats().Heartbeats; got != 2 {
			t.Errorf("want 2 heartbeats counted, got %d", got)
		}
	})
}

func TestReauthAndExpiry(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ life, warned time.Duration }{
		{time.Hour, 59 * time.Minute},
		{10 * time.Second, 8 * time.Second},
		{5 * time.Minute, 4 * time.Minute},
	} {
		t.Run(tt.life.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := start(t)
				began := time.Now()
				p := n.open(stream.Request{User: "ada", ExpiresAt: began.Add(tt.life)})
				wait(tt.warned - time.Millisecond)
				if got := lastWord(p); got == "reauth" {
					t.Error("warned too early")
				}
				wait(time.Millisecond)
				if got := lastWord(p); got != "reauth" {
					t.Errorf("want reauth, got %s", got)
				}
				events := p.events()
				data := events[len(events)-1].Data
				want := fmt.Sprintf(`{"expires_at":"%s"}`, began.Add(tt.life).UTC().Format("2006-01-02T15:04:05.000Z"))
				if data != want {
					t.Errorf("want %s, got %s", want, data)
				}
				<-p.done
				if got := time.Since(began); got != tt.life {
					t.Errorf("want an end after %v, got %v", tt.life, got)
				}
				if got := lastWord(p); got != "close expired" {
					t.Errorf("want close expired, got %s", got)
				}
			})
		})
	}
}

func TestExpiredBeforeTheStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t)
		p := n.open(stream.Request{User: "ada", ExpiresAt: time.Now().Add(-time.Second)})
		<-p.done
		wantWords(t, p, "connection 0 0", "close expired")
	})
}

func lastWord(p *player) string {
	words := p.words()
	return words[len(words)-1]
}

func TestBatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t)
		p := n.open(stream.Request{User: "ada", Batch: 250 * time.Millisecond})
		wait(0)
		for i := range 10 {
			n.send("ada", fmt.Sprint(i))
			wait(20 * time.Millisecond)
		}
		wantWords(t, p, "connection 0 0")
		wait(50 * time.Millisecond) // 250 ms after the first
		if got := len(p.words()); got != 12 {
			t.Errorf("want 10 messages and one counts after the connection, got %v", p.words())
		}
		if got := p.w.count(); got != 2 {
			t.Errorf("want one write for all, got %d", got-1)
		}
		n.send("ada", "later")
		wait(249 * time.Millisecond)
		if got := len(p.words()); got != 12 {
			t.Error("the second gathering was cut short")
		}
		wait(time.Millisecond)
		if got := lastWord(p); got != "counts 11 11" {
			t.Errorf("want counts 11 11, got %s", got)
		}
	})
}

// TestOneWrite: what is due at once goes out at once.
func TestOneWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t)
		p := n.open(stream.Request{User: "ada"})
		wait(0)
		p.w.block()
		n.send("ada", "0")
		wait(0) // its write is stuck
		for i := range 20 {
			n.send("ada", fmt.Sprint(i+1))
		}
		p.w.unblock()
		wait(0)
		if got := p.w.count(); got != 3 {
			t.Errorf("want 3 writes (connection, the first, all others), got %d", got)
		}
		if got := lastWord(p); got != "counts 21 21" {
			t.Errorf("want counts 21 21, got %s", got)
		}
	})
}

func TestDrain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t)
		var all []*player
		for i := range 50 {
			all = append(all, n.open(stream.Request{User: fmt.Sprint("user", i)}))
		}
		synctest.Wait()
		if err := n.hub.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		waits := map[time.Duration]bool{}
		for _, p := range all {
			<-p.done // Close has returned, so it is over
			events := p.events()
			last := events[len(events)-1]
			if word(last) != "close drain" {
				t.Fatalf("want close drain, got %s", word(last))
			}
			var d struct{ Retry int64 }
			if err := json.Unmarshal([]byte(last.Data), &d); err != nil {
				t.Fatal(err)
			}
			if last.Retry != time.Duration(d.Retry)*time.Millisecond || last.Retry < 2*time.Second || last.Retry > 3*time.Second {
				t.Errorf("retry %v, in the data %d ms", last.Retry, d.Retry)
			}
			waits[last.Retry] = true
		}
		if len(waits) < 25 {
			t.Errorf("50 streams were told %d different waits", len(waits))
		}
		late := n.open(stream.Request{User: "ada"})
		<-late.done
		wantWords(t, late, "close drain")
		if err := n.hub.Close(t.Context()); err != nil {
			t.Errorf("the second Close: %v", err)
		}
		if got := n.hub.Stats(); got.Connections != 0 || got.Topics != 0 {
			t.Errorf("left over: %+v", got)
		}
	})
}

func TestRetryGrowsWithConnections(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t)
		var longest time.Duration
		for i := range 4000 {
			p := n.open(stream.Request{User: fmt.Sprint("user", i)})
			synctest.Wait()
			longest = max(longest, p.events()[0].Retry)
		}
		// The window is a millisecond for each connection; the chance that none of the last 2,000 falls into its upper half
		// is below one in 10^400.
		if longest < 3500*time.Millisecond || longest > 6*time.Second {
			t.Errorf("the longest wait was %v", longest)
		}
	})
}
