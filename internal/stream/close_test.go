package stream_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/stream"
)

func connectionID(t *testing.T, p *player) string {
	t.Helper()
	var d struct {
		ID string `json:"connection_id"`
	}
	if err := json.Unmarshal([]byte(p.events()[0].Data), &d); err != nil {
		t.Fatal(err)
	}
	return d.ID
}

func TestHangup(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t)
		one, two, bobs := n.open(stream.Request{User: "ada"}), n.open(stream.Request{User: "ada"}), n.open(stream.Request{User: "bob"})
		synctest.Wait()
		n.send("ada", "x")
		synctest.Wait()
		if got := n.hub.Hangup("ada", "no such", belfry.CloseClosed); got != 0 {
			t.Errorf("want none closed, got %d", got)
		}
		if got := n.hub.Hangup("bob", connectionID(t, one), belfry.CloseClosed); got != 0 {
			t.Errorf("another person's stream was closed")
		}
		if got := n.hub.Hangup("ada", connectionID(t, one), belfry.CloseClosed); got != 1 {
			t.Errorf("want one closed, got %d", got)
		}
		<-one.done
		wantWords(t, one, "connection 0 0", "message x", "counts 1 1", "close closed")
		events := one.events()
		last := events[len(events)-1]
		if want := n.store.Epoch() + "-1-0-x"; last.ID != want {
			t.Errorf("want the id %s, got %s", want, last.ID)
		}
		n.ring([]belfry.Ring{{User: "ada", Hangup: belfry.Hangup{Reason: belfry.CloseRevoked}}})
		<-two.done
		if got := lastWord(two); got != "close revoked" {
			t.Errorf("want close revoked, got %s", got)
		}
		wantWords(t, bobs, "connection 0 0")
		if got := n.hub.Hangup("ada", "", belfry.CloseClosed); got != 0 {
			t.Errorf("want none left to close, got %d", got)
		}
		n.ring([]belfry.Ring{{Hangup: belfry.Hangup{Reason: belfry.CloseRevoked}}})
		<-bobs.done
		want := map[belfry.CloseReason]int64{"closed": 1, "revoked": 2, "limit": 0, "drain": 0, "expired": 0}
		if diff := cmp.Diff(want, n.hub.Stats().Closes); diff != "" {
			t.Errorf("closes counted (-want +got):\n%s", diff)
		}
	})
}

func TestStatus(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t)
		asJSON := func() string {
			b, err := json.Marshal(n.hub.Status("ada"))
			if err != nil {
				t.Fatal(err)
			}
			return string(b)
		}
		want := `{"user_id":"ada","is_connected":false,"connections":[],"last_update":null,"event_count":0,"connection_timeout":60,"heartbeat_interval":25}`
		if got := asJSON(); got != want {
			t.Errorf("idle:\nwant %s\n got %s", want, got)
		}
		p := n.open(stream.Request{User: "ada", IP: "192.0.2.7", UserAgent: "curl"})
		wait(1500 * time.Millisecond)
		n.send("ada", "one")
		synctest.Wait()
		p.w.block()
		n.send("ada", "two") // given, and stuck on its way
		synctest.Wait()
		n.send("ada", "three")
		n.broadcast("all")
		want = fmt.Sprintf(`{"user_id":"ada","is_connected":true,"connections":[{"id":"%s","opened_at":"2000-01-01T00:00:00.000Z","transport":"portable",`+
			`"cursor":"%s-2-0","lag":2,"user_agent":"curl","ip":"192.0.2.7"}],"last_update":"2000-01-01T00:00:01.500Z","event_count":2,`+
			`"connection_timeout":60,"heartbeat_interval":25}`, connectionID(t, p), n.store.Epoch())
		synctest.Wait()
		if got := asJSON(); got != want {
			t.Errorf("connected:\nwant %s\n got %s", want, got)
		}
		told := n.open(stream.Request{User: "bob"})
		synctest.Wait()
		told.w.block()
		if closed := n.hub.Hangup("bob", "", belfry.CloseClosed); closed != 1 || n.hub.Status("bob").IsConnected {
			t.Errorf("%d streams were told to close, want 1, and the status still has it while its last words are on their way", closed)
		}
		told.w.unblock()
		<-told.done
		p.leave()
		synctest.Wait()
		if n.hub.Status("ada").IsConnected {
			t.Error("still connected after the client left")
		}
	})
}

func TestCaps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := start(t, func(c *stream.Config) { c.MaxPerUser, c.MaxConnections = 3, 5 })
		var refused []*player
		for i := range 60 {
			p := n.open(stream.Request{User: fmt.Sprint("user", i%2), LastEventID: n.store.Epoch() + "-0-0"})
			synctest.Wait()
			select {
			case <-p.done:
				refused = append(refused, p)
			default:
			}
		}
		if got := n.hub.Stats().Connections; got != 5 || len(refused) != 55 {
			t.Errorf("want 5 accepted and 55 refused, got %d and %d", got, len(refused))
		}
		for i := range 2 {
			if got := len(n.hub.Status(fmt.Sprint("user", i)).Connections); got > 3 {
				t.Errorf("user%d has %d streams", i, got)
			}
		}
		for _, p := range refused {
			wantWords(t, p, "close limit")
			e := p.events()[0]
			var d struct{ Retry int }
			if err := json.Unmarshal([]byte(e.Data), &d); err != nil || d.Retry < 60_000 || d.Retry >= 120_000 {
				t.Errorf("retry %d, %v", d.Retry, err)
			}
			if want := n.store.Epoch() + "-0-0-x"; e.ID != want || p.w.code != 200 {
				t.Errorf("want 200 and id %s, got %d and %s", want, p.w.code, e.ID)
			}
		}
	})
}

// TestCapsRaced: however many come at once, never more are let in than the cap, and never fewer.
func TestCapsRaced(t *testing.T) {
	t.Parallel()
	n := start(t, func(c *stream.Config) { c.MaxPerUser, c.MaxConnections = 4, 10 })
	all := make([]*player, 100)
	var ready sync.WaitGroup
	for i := range all {
		ready.Go(func() { all[i] = n.open(stream.Request{User: fmt.Sprint("user", i%4)}) })
	}
	ready.Wait()
	refused := 0
	for refused < 90 {
		refused = 0
		for _, p := range all {
			select {
			case <-p.done:
				refused++
			case <-time.After(time.Millisecond):
			}
		}
		if t.Context().Err() != nil {
			t.Fatal("the others were not refused")
		}
	}
	if got := n.hub.Stats(); got.Connections != 10 || refused != 90 {
		t.Errorf("want 10 in, got %d; %d refused", got.Connections, refused)
	}
}

// TestCloseWhileJoining: whoever is on the way in when the hub closes is told, too, or was refused; nobody is left.
func TestCloseWhileJoining(t *testing.T) {
	t.Parallel()
	for range 20 {
		n := start(t)
		all := make([]*player, 40)
		var opening sync.WaitGroup
		for i := range all {
			opening.Go(func() { all[i] = n.open(stream.Request{User: fmt.Sprint("user", i%5)}) })
		}
		if err := n.hub.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		opening.Wait()
		for _, p := range all {
			<-p.done
			if p.err != nil {
				t.Fatal(p.err)
			}
			if got := lastWord(p); got != "close drain" {
				t.Errorf("want close drain at the end, got %v", p.words())
			}
		}
	}
}
