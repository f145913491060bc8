package server

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/peers"
	"github.com/belfryhq/belfry/internal/stream"
)

// openPeers makes the circle of nodes, where the bus reaches other nodes. Nothing is said or heard yet.
func (s *Server) openPeers(cfg *Config) (err error) {
	link, ok := cfg.Bus.(belfry.Peers)
	if !ok {
		return nil
	}
	s.circle, err = peers.New(peers.Config{
		Link: link, Name: cfg.NodeName, Version: cfg.Version, Logger: cfg.Logger,
		Streams: func() int64 { return s.hub.Stats().Connections },
	})
	return err
}

// joinPeers has this node known to the others, when all that they may ask of is there.
func (s *Server) joinPeers() error {
	if s.circle == nil {
		return nil
	}
	return s.circle.Start(s.hub.Answer)
}

// others are the other nodes, as the hub knows them: none of their own type would not be none.
func (s *Server) others() stream.Others {
	if s.circle == nil {
		return nil
	}
	return s.circle
}

// nodeName is the name of this node where people see it; none where there is one alone.
func (s *Server) nodeName(cfg *Config) string {
	if s.circle == nil {
		return ""
	}
	return cfg.NodeName
}

// maxNodeName is how long a node's name may be: it stands in every line of a status.
const maxNodeName = 64

// completeNodeName makes a name where none is set. Not the machine's: people see it.
func (c *Config) completeNodeName() error {
	if c.NodeName == "" {
		c.NodeName = strings.ToLower(rand.Text()[:8])
	}
	switch {
	case len(c.NodeName) > maxNodeName:
		return fmt.Errorf("NodeName has %d bytes, and may have %d", len(c.NodeName), maxNodeName)
	case !utf8.ValidString(c.NodeName), strings.ContainsFunc(c.NodeName, func(r rune) bool { return !unicode.IsPrint(r) }):
		return errors.New("NodeName has a character that cannot be shown")
	}
	return nil
}
