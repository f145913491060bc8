package natsbus

import (
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/belfryhq/belfry/internal/wirebus"
)

// peers is what a node tells others, and hears from them: by a subject that all listen to, and one of its own, so that an
// answer costs nobody but the one who asked.
type peers struct {
	node      string
	all       string // subject
	listeners wirebus.Listeners[wirebus.Told]
}

func newPeers(epoch string) peers {
	return peers{node: rand.Text()[:12], all: "belfry." + epoch + ".nodes"}
}

// of is the subject of one node.
func (p *peers) of(node string) string { return p.all + "." + node }

// Node implements [belfry.Peers].
func (b *Bus) Node() string { return b.peers.node }

// Tell implements [belfry.Peers]. While NATS is away nothing is kept: a question that arrives late is worth nothing.
func (b *Bus) Tell(to string, message []byte) error {
	switch {
	case b.listeners.Closed():
		return wirebus.ErrClosed
	case !b.conn.IsConnected():
		return errors.New("tell other nodes: there is no connection to NATS")
	}
	packed, err := wirebus.PackTold(b.peers.node, message)
	if err != nil {
		return err
	}
	subject := b.peers.all
	if to != "" {
		subject = b.peers.of(to)
	}
	if err := b.conn.Publish(subject, packed); err != nil {
		return fmt.Errorf("tell other nodes: %w", err)
	}
	return nil
}

// Hear implements [belfry.Peers].
func (b *Bus) Hear(fn func(from string, message []byte)) (stop func(), err error) {
	return b.peers.listeners.Add(func(t wirebus.Told) { fn(t.From, t.Message) })
}

func (b *Bus) told(m *nats.Msg) {
	t, err := wirebus.UnpackTold(m.Data)
	if err != nil {
		b.logger.Warn("a message of another node is not readable; another version?", "error", err)
		return
	}
	_ = b.peers.listeners.Call([]wirebus.Told{t}) // closed: nobody is left to tell
}
