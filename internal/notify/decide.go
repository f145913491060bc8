package notify

import (
	"net/mail"
	"slices"
	"time"

	"github.com/belfryhq/belfry"
)

// The reasons that deliveries carry for the operator.
const (
	reasonMuted     = "muted by the person's preferences"
	reasonNoAddress = "no email address is known"
	reasonNoMail    = "no mail server is set"
	reasonQueued    = "waits to be sent"
	reasonDelayed   = "waits, for the person may see the notification first"
)

// A course is what the rules make of a send, the same for everyone to whom it goes.
type course struct {
	inApp bool
	mail  *belfry.Delivery // how a mail begins; nil: none is wanted
}

// course follows the rules for a send that is valid.
func (s *Service) course(send *belfry.Send, rule *belfry.Rule, now time.Time) course {
	channels := channelsOf(send, rule)
	c := course{inApp: slices.Contains(channels, belfry.InApp)}
	if !slices.Contains(channels, belfry.Email) || send.To.All {
		return c
	}
	if s.outbox == nil {
		c.mail = &belfry.Delivery{Channel: belfry.Email, State: belfry.Captured, Reason: reasonNoMail}
		return c
	}
	c.mail = &belfry.Delivery{Channel: belfry.Email, State: belfry.Queued, Reason: reasonQueued, NextAttemptAt: now, Plan: mailPlan(send, rule)}
	if delay := delayOf(send, rule); delay > 0 {
		c.mail.Reason, c.mail.NextAttemptAt = reasonDelayed, now.Add(delay)
	}
	c.mail.Plan.GiveUpAt = c.mail.NextAttemptAt.Add(ttlOf(send, rule))
	return c
}

// channelsOf returns where a send goes: where it says, else where the rule says, else to the inbox.
func channelsOf(send *belfry.Send, rule *belfry.Rule) []belfry.Channel {
	switch {
	case len(send.Channels) > 0:
		return send.Channels
	case len(rule.Channels) > 0:
		return rule.Channels
	default:
		return []belfry.Channel{belfry.InApp}
	}
}

// mailPlan is the plan of a send's mails, but for the time when they are given up. What replaces each other under a dedupe key
// is one story, so its mails are one thread.
func mailPlan(send *belfry.Send, rule *belfry.Rule) *belfry.MailPlan {
	plan := &belfry.MailPlan{Content: send.Email, Thread: send.DedupeKey}
	if send.Email != nil && send.Email.Thread != "" {
		plan.Thread = send.Email.Thread
	}
	if rule.Class != nil {
		plan.Class = *rule.Class
	}
	if send.Priority == belfry.Critical {
		plan.Class = belfry.Urgent
	}
	if rule.Unless != nil {
		plan.Unless = *rule.Unless
	}
	plan.AtMostOnce = rule.Policy != nil && *rule.Policy == belfry.AtMostOnce
	return plan
}

// delayOf returns how long a mail waits. What the app calls critical does not wait for the rule of a category that is not.
func delayOf(send *belfry.Send, rule *belfry.Rule) time.Duration {
	if rule.Delay == nil || send.Priority == belfry.Critical && !isCritical(rule) {
		return 0
	}
	return *rule.Delay
}

func isCritical(rule *belfry.Rule) bool { return rule.Critical != nil && *rule.Critical }

func ttlOf(send *belfry.Send, rule *belfry.Rule) time.Duration {
	switch {
	case rule.TTL != nil:
		return *rule.TTL
	case send.Priority == belfry.Critical:
		return belfry.CriticalMailTTL
	default:
		return belfry.DefaultMailTTL
	}
}

// decider says what becomes of a send for each person. It runs inside the store's transaction and looks at nothing but
// its arguments.
func (c course) decider(send *belfry.Send) func(*belfry.Recipient) belfry.Decision {
	return func(r *belfry.Recipient) belfry.Decision {
		var d belfry.Decision
		if c.inApp {
			d.Inbox = r.Preferences.Allow(send.Category, belfry.InApp, send.Priority)
			if !d.Inbox {
				d.Deliveries = append(d.Deliveries, belfry.Delivery{Channel: belfry.InApp, State: belfry.Skipped, Reason: reasonMuted})
			}
		}
		if c.mail != nil {
			d.Deliveries = append(d.Deliveries, c.mailTo(send, r))
		}
		return d
	}
}

func (c course) mailTo(send *belfry.Send, r *belfry.Recipient) belfry.Delivery {
	to := r.User.Email
	if send.Email != nil && send.Email.To != "" {
		to = send.Email.To
	}
	if a, err := mail.ParseAddress(to); err == nil {
		to = a.Address // without the name: it is what envelopes and lists of addresses are made of
	}
	switch {
	case !r.Preferences.Allow(send.Category, belfry.Email, send.Priority):
		return belfry.Delivery{Channel: belfry.Email, To: to, State: belfry.Skipped, Reason: reasonMuted}
	case to == "":
		return belfry.Delivery{Channel: belfry.Email, State: belfry.Skipped, Reason: reasonNoAddress}
	}
	d := *c.mail
	d.To = to
	return d
}
