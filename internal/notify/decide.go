package notify

import (
	"slices"

	"github.com/belfryhq/belfry"
)

// The reasons that deliveries carry for the operator.
const (
	reasonMuted     = "muted by the person's preferences"
	reasonNoAddress = "no email address is known"
	reasonNoMail    = "no mail server is set"
)

// decider says what becomes of a send for each person. It runs inside the store's transaction and looks at nothing but
// its arguments.
func decider(send *belfry.Send) func(*belfry.Recipient) belfry.Decision {
	return func(r *belfry.Recipient) belfry.Decision {
		var d belfry.Decision
		if wants(send, belfry.InApp) {
			d.Inbox = r.Preferences.Allow(send.Category, belfry.InApp, send.Priority)
			if !d.Inbox {
				d.Deliveries = append(d.Deliveries, belfry.Delivery{Channel: belfry.InApp, State: belfry.Skipped, Reason: reasonMuted})
			}
		}
		if wants(send, belfry.Email) {
			d.Deliveries = append(d.Deliveries, mail(send, r))
		}
		return d
	}
}

func wants(send *belfry.Send, ch belfry.Channel) bool {
	if len(send.Channels) == 0 {
		return ch == belfry.InApp
	}
	return slices.Contains(send.Channels, ch)
}

func mail(send *belfry.Send, r *belfry.Recipient) belfry.Delivery {
	d := belfry.Delivery{Channel: belfry.Email, To: r.User.Email}
	if send.Email != nil && send.Email.To != "" {
		d.To = send.Email.To
	}
	switch {
	case !r.Preferences.Allow(send.Category, belfry.Email, send.Priority):
		d.State, d.Reason = belfry.Skipped, reasonMuted
	case d.To == "":
		d.State, d.Reason = belfry.Skipped, reasonNoAddress
	default:
		d.State, d.Reason = belfry.Captured, reasonNoMail
	}
	return d
}
