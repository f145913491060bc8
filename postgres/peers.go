package postgres

import (
	"encoding/base64"
	"errors"
	"strings"

	"github.com/belfryhq/belfry/internal/wirebus"
)

// All nodes of a cluster listen to one channel, and pass over what is told to another: NOTIFY is for a few nodes.

// Node implements [belfry.Peers].
func (b *Bus) Node() string { return b.node }

// Tell implements [belfry.Peers]. While the database is away nothing is kept: a question that arrives late is worth nothing.
func (b *Bus) Tell(to string, message []byte) error {
	switch {
	case b.listeners.Closed():
		return wirebus.ErrClosed
	case !b.listening.Load():
		return errors.New("tell other nodes: the bus has no connection to the database")
	}
	packed, err := wirebus.PackTold(b.node, message)
	if err != nil {
		return err
	}
	select {
	case b.out <- notice{b.nodes, b.node + " " + to + " " + base64.StdEncoding.EncodeToString(packed)}:
		return nil
	default:
		return errors.New("tell other nodes: too many rings wait for the database")
	}
}

// Hear implements [belfry.Peers].
func (b *Bus) Hear(fn func(from string, message []byte)) (stop func(), err error) {
	return b.peers.Add(func(t wirebus.Told) { fn(t.From, t.Message) })
}

func (b *Bus) told(from, payload string) {
	to, code, _ := strings.Cut(payload, " ")
	if to != "" && to != b.node {
		return
	}
	packed, err := base64.StdEncoding.DecodeString(code)
	var t wirebus.Told
	if err == nil {
		t, err = wirebus.UnpackTold(packed)
	}
	if err != nil {
		b.logger.Warn("a message of another node is not readable; another version?", "from", from, "error", err)
		return
	}
	_ = b.peers.Call([]wirebus.Told{t}) // closed: nobody is left to tell
}
