package stream

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/belfryhq/belfry"
)

// Config is what a [Hub] needs.
type Config struct {
	Store  belfry.Inboxes
	Epoch  string // the store's, see [belfry.Store]
	Bus    belfry.Bus
	Logger *slog.Logger // nil: nothing is logged

	// Heartbeat is how long a stream may be silent before the server says that it is there: 25 s when 0, at most 30 s,
	// because proxies and mobile networks drop what is silent for longer.
	Heartbeat time.Duration

	MaxConnections int // of all streams; 0: no cap
	MaxPerUser     int // of one person's streams, with those on Others; 0: no cap

	// Others are the other nodes, for what concerns a person's streams on all of them; nil: there are none. Node is the name
	// of this one, for Status.
	Others Others
	Node   string

	// Now is the clock by which notifications and credentials expire; nil: time.Now.
	Now func() time.Time

	// First is told of each ring, and of each order of another node to end streams, before the hub acts on it; nil: nobody is.
	// What is revoked must be known before the streams are told: whoever was let in without knowing of it is then sure to be
	// among those who are told, or to find out when they join. It must not block.
	First func(belfry.Ring)

	// Ended is told of the end of every stream whose request was Watched and that Serve has begun, once. It must not block.
	Ended func(user string, id belfry.ID)

	// Portable keeps every stream with net/http. Default: what can be parked is.
	Portable bool

	// Recheck is after how long the store is asked for a topic, for a bus that loses rings; a hole in the numbers is seen
	// sooner. Rings do not put it off, for they say nothing of those that were lost. 0: never. It costs each connected person
	// one read in each such time.
	Recheck time.Duration
}

// A Request is who asks for a stream, and how. The caller has checked the credential.
type Request struct {
	User        string
	ExpiresAt   time.Time     // when the credential runs out; zero: never
	LastEventID string        // where to continue; empty: live from now on
	Batch       time.Duration // how long to gather before a write; 0: write at once
	Named       bool          // new notifications come as `event: notification`
	IP          string        // for Status
	UserAgent   string        // for Status

	// Mark is what [Hub.Mark] returned before the credential was looked at. Who was hung up since then, `revoked` or `expired`, is
	// told so at once: the hang-up could not find a stream that was not there yet, nor could the look know of it. 0: nothing is made up for.
	Mark uint64

	ID      belfry.ID // the connection's, see [NewConnectionID]; zero: one is made
	Watched bool      // [Config.Ended] is told when the stream ends
}

const (
	defaultHeartbeat = 25 * time.Second
	maxHeartbeat     = 30 * time.Second
)

func (c *Config) validate() error {
	switch {
	case c.Store == nil:
		return errors.New("stream: no store is set")
	case c.Bus == nil:
		return errors.New("stream: no bus is set")
	case c.Epoch == "":
		return errors.New("stream: no epoch is set")
	case c.Heartbeat < 0 || c.Heartbeat > maxHeartbeat:
		return fmt.Errorf("stream: a heartbeat of %v is not between 0 and %v", c.Heartbeat, maxHeartbeat)
	case c.MaxConnections < 0 || c.MaxPerUser < 0 || c.Recheck < 0:
		return errors.New("stream: a limit is negative")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Heartbeat == 0 {
		c.Heartbeat = defaultHeartbeat
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}
