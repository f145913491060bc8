package client

import (
	"time"

	"github.com/belfryhq/belfry"
)

// A delivery is the wire form of a belfry.Delivery.
type delivery struct {
	ID             belfry.ID            `json:"id"`
	NotificationID belfry.ID            `json:"notification_id"`
	User           string               `json:"user_id"`
	Channel        belfry.Channel       `json:"channel"`
	To             string               `json:"to"`
	State          belfry.DeliveryState `json:"state"`
	Reason         string               `json:"reason"`
	MessageID      string               `json:"message_id"`
	CreatedAt      time.Time            `json:"created_at"`
	SentAt         time.Time            `json:"sent_at"`
	NextAttemptAt  time.Time            `json:"next_attempt_at"`
	Attempts       []attempt            `json:"attempts"`
}

type attempt struct {
	At           time.Time `json:"at"`
	Stage        string    `json:"stage"`
	Code         int       `json:"code"`
	EnhancedCode string    `json:"enhanced_code"`
	Text         string    `json:"text"`
}

func (d *delivery) value() belfry.Delivery {
	v := belfry.Delivery{
		ID: d.ID, NotificationID: d.NotificationID, User: d.User, Channel: d.Channel, To: d.To, State: d.State, Reason: d.Reason,
		MessageID: d.MessageID, CreatedAt: d.CreatedAt, SentAt: d.SentAt, NextAttemptAt: d.NextAttemptAt,
	}
	for _, a := range d.Attempts {
		v.Attempts = append(v.Attempts, belfry.Attempt(a))
	}
	return v
}
