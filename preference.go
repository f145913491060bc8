package belfry

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Channel is a way by which a notification reaches a person.
type Channel string

// The channels.
const (
	InApp Channel = "in_app" // the inbox and the streams
	Email Channel = "email"
)

// Channels lists every channel.
func Channels() []Channel { return []Channel{InApp, Email} }

// AnyCategory is the preference that covers every category without one of its own.
const AnyCategory = "*"

// Preferences say by which channels a person wants which categories. A key is a category (`order` covers
// `order.assigned`) or [AnyCategory]; a channel that no key mentions is wanted.
type Preferences map[string]map[Channel]bool

// Allow reports whether a notification of the category may go by the channel: the longest matching key that says
// something about the channel decides. Critical notifications ignore preferences.
func (p Preferences) Allow(category string, ch Channel, priority Priority) bool {
	if priority == Critical || len(p) == 0 {
		return true
	}
	for prefix := category; ; {
		if on, said := p[prefix][ch]; said {
			return on
		}
		dot := strings.LastIndexByte(prefix, '.')
		if dot < 0 {
			break
		}
		prefix = prefix[:dot]
	}
	if on, said := p[AnyCategory][ch]; said {
		return on
	}
	return true
}

// Mutes reports whether any preference turns the channel off for any category.
func (p Preferences) Mutes(ch Channel) bool {
	for _, m := range p {
		if on, said := m[ch]; said && !on {
			return true
		}
	}
	return false
}

// Validate checks every key and channel; the error is an [Error] that names them.
func (p Preferences) Validate() error {
	var c checker
	for _, key := range slices.Sorted(maps.Keys(p)) { // a map has no order of its own, and an answer should not change
		field := fmt.Sprintf("categories.%.100s", key)
		if key != AnyCategory && !validCategory(key) {
			c.add(field, "is not a category: dotted lower case like order.assigned, or *")
		}
		for _, ch := range slices.Sorted(maps.Keys(p[key])) {
			if ch != InApp && ch != Email {
				c.add(fmt.Sprintf("%s.%.40s", field, ch), "is not a channel: use in_app or email")
			}
		}
	}
	if len(p) > 1000 {
		c.add("categories", "has more than 1,000 entries")
	}
	return c.err()
}
