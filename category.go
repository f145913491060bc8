package belfry

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Rule is what the operator says of a category; what it leaves out is said by the category above, at last by the
// defaults.
type Rule struct {
	Channels []Channel      // where a send goes that names no channels; default: in_app
	Class    *MailClass     // default: transactional. Urgent is not for categories: see Critical
	Critical *bool          // every send of it is critical
	Delay    *time.Duration // how long a mail waits, so that it may become unnecessary
	Unless   *Unless        // what makes it so
	Policy   *string        // at_least_once (default) or at_most_once
	TTL      *time.Duration // how long a mail is tried; default: 24 h, critical 4 h
}

// Rules are the operator's rules by category; [AnyCategory] is every category.
type Rules map[string]Rule

// Policies for ambiguous mails.
const (
	AtLeastOnce = "at_least_once"
	AtMostOnce  = "at_most_once"
)

// The defaults of a [Rule].
const (
	DefaultMailTTL  = 24 * time.Hour
	CriticalMailTTL = 4 * time.Hour
)

// Of returns the rule of a category with nothing left out but what has no default: for each field, the longest prefix
// that says something decides.
func (r Rules) Of(category string) Rule {
	var out Rule
	for prefix := category; prefix != ""; {
		out.fill(r[prefix])
		dot := strings.LastIndexByte(prefix, '.')
		if dot < 0 {
			break
		}
		prefix = prefix[:dot]
	}
	out.fill(r[AnyCategory])
	return out
}

func (r *Rule) fill(from Rule) {
	if r.Channels == nil {
		r.Channels = from.Channels
	}
	fill(&r.Class, from.Class)
	fill(&r.Critical, from.Critical)
	fill(&r.Delay, from.Delay)
	fill(&r.Unless, from.Unless)
	fill(&r.Policy, from.Policy)
	fill(&r.TTL, from.TTL)
}

func fill[T any](field **T, from *T) {
	if *field == nil {
		*field = from
	}
}

// Validate checks every rule; the error is an [Error] that names them.
func (r Rules) Validate() error {
	var c checker
	for category, rule := range r {
		field := fmt.Sprintf("%.100s", category)
		if category != AnyCategory && !validCategory(category) {
			c.add(field, "is not a category: dotted lower case like order.assigned, or *")
		}
		for _, ch := range rule.Channels {
			if !slices.Contains(Channels(), ch) {
				c.add(field+".channels", fmt.Sprintf("%.40q is not a channel: use in_app or email", ch))
			}
		}
		if rule.Class != nil && *rule.Class != Transactional && *rule.Class != Bulk {
			c.add(field+".class", "must be transactional or bulk")
		}
		if rule.Unless != nil && *rule.Unless != UnlessRead && *rule.Unless != UnlessSeen {
			c.add(field+".email.unless", "must be read or seen")
		}
		if rule.Policy != nil && *rule.Policy != AtLeastOnce && *rule.Policy != AtMostOnce {
			c.add(field+".email.policy", "must be at_least_once or at_most_once")
		}
		if rule.Delay != nil && *rule.Delay < 0 {
			c.add(field+".email.delay", "must not be negative")
		}
		if rule.TTL != nil && *rule.TTL <= 0 {
			c.add(field+".email.ttl", "must be longer than nothing")
		}
	}
	return c.err()
}
