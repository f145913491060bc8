package load

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// A Mode is a kind of load.
type Mode string

// The modes.
const (
	Idle    Mode = "idle"    // streams that are open, and nothing else
	Fanout  Mode = "fanout"  // to everyone, one at a time: the next is sent when all have the last
	Burst   Mode = "burst"   // to everyone, back to back
	Unicast Mode = "unicast" // to one stream after the other, one in a request
	Bulk    Mode = "bulk"    // to one stream after the other, 100 in a request
	Resume  Mode = "resume"  // streams that continue somewhere in what is stored
	Growth  Mode = "growth"  // fanout and unicast at several numbers of streams
)

// A Target is the server under load.
type Target struct {
	URL    *url.URL
	More   []*url.URL // further nodes of a cluster: streams and sends go to all in turn
	Peer   Peer
	APIKey string // of an app, for a Belfry
	// Token returns the credential of a person, for a Belfry.
	Token func(user string) (string, error)
	// TLS is for https; nil: what the system trusts.
	TLS *tls.Config
	// PIDs are the server's processes; none: those that listen at the URLs, when these are on this machine.
	PIDs []int
}

// node is where the stream, or the request, of a number goes.
func (t *Target) node(number int) *url.URL {
	if k := number % (1 + len(t.More)); k > 0 {
		return t.More[k-1]
	}
	return t.URL
}

// nodes are all.
func (t *Target) nodes() []*url.URL { return append([]*url.URL{t.URL}, t.More...) }

// Options say how much.
type Options struct {
	Mode     Mode
	Streams  int           // connections; in Resume, people
	Messages int           // sends; in Resume, how many are stored
	Size     int           // of a payload, in bytes
	Senders  int           // that send at once, where a mode does not say one
	Rate     int           // connections opened in a second
	Quiet    time.Duration // how long Idle listens
	Samples  int           // resumes at each position
	Rounds   int           // how often all positions are measured
	Patience time.Duration // how long what was sent may be on its way

	people int // how many are sent to one at a time; 0: all

	// Progress is told about ten times a second how far a phase is, by one goroutine, and not after Run has returned. May be nil.
	Progress func(phase string, done, total int64)
}

// validate returns what is wrong with a target and options.
func (o *Options) validate(t *Target) error {
	switch {
	case t.URL == nil || t.URL.Host == "":
		return errors.New("no server is given")
	case len(t.More) > 0 && (o.Mode == Resume || o.Mode == Growth):
		return fmt.Errorf("%s wants one server", o.Mode)
	case t.Peer != Belfry && t.Peer != Plain:
		return fmt.Errorf("%.40q is no kind of server; give belfry or plain", string(t.Peer))
	case t.Peer == Belfry && (t.Token == nil || t.APIKey == ""):
		return errors.New("a Belfry wants an API key, and a token for each person")
	case !t.Peer.can(o.Mode):
		return fmt.Errorf("a %s server knows nothing that %s could load", t.Peer, o.Mode)
	case o.Streams < 1 || o.Messages < 1 && o.Mode != Idle:
		return errors.New("a load has at least one stream, and one message")
	case o.Senders < 1 || o.Senders >= maxLanes:
		return fmt.Errorf("%d senders are none, or too many; give from 1 to %d", o.Senders, maxLanes-1)
	case o.Size < 0 || o.Size > 64<<10:
		return fmt.Errorf("a payload of %d bytes is none; give from 0 to %d", o.Size, 64<<10)
	case o.Rate < 1 || o.Patience <= 0:
		return errors.New("the rate and the patience must be more than nothing")
	case o.Mode == Resume && (o.Samples < 1 || o.Rounds < 1 || o.Messages < 2*o.Streams):
		return errors.New("resuming wants samples, rounds, and at least two messages for each person")
	}
	return nil
}
