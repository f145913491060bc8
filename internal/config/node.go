package config

import (
	"fmt"
	"strings"
	"unicode"
)

// A NodeName is what a node is called, for people to read; empty: somebody else gives it one.
type NodeName string

const maxNodeName = 64

// UnmarshalText implements [encoding.TextUnmarshaler].
func (n *NodeName) UnmarshalText(b []byte) error {
	s := string(b)
	if len(s) > maxNodeName || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }) {
		return fmt.Errorf("%.40q is not a name: give at most %d bytes that can be shown, like node-1", s, maxNodeName)
	}
	*n = NodeName(s)
	return nil
}
