package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/client"
	"github.com/belfryhq/belfry/internal/config"
)

type sendCmd struct {
	config.Remote
	appKey

	Input string `arg:"" optional:"" help:"A single - reads the whole send as JSON from standard input."`

	To        []string  `placeholder:"ID" sep:"none" help:"The person's id; may be given several times."`
	All       bool      `help:"To everyone."`
	Category  string    `placeholder:"NAME" help:"What it is about, dotted lower case: order.assigned."`
	Title     string    `placeholder:"TEXT" help:"One line; may be left out where the category's mail template makes one."`
	Body      string    `placeholder:"TEXT" help:"More words."`
	Link      string    `name:"url" placeholder:"URL" help:"Where it leads: a path, or an http(s) address."`
	Data      string    `placeholder:"JSON" help:"A JSON object for the app's own page."`
	Priority  string    `placeholder:"WORD" help:"low, normal, high or critical."`
	Channel   []string  `placeholder:"NAME" help:"in_app or email; may be given several times."`
	DedupeKey string    `placeholder:"KEY" help:"Replaces what the person has under this key."`
	ExpiresAt time.Time `placeholder:"TIME" help:"When it goes away by itself, RFC 3339."`
	Once      string    `placeholder:"KEY" help:"An idempotency key: under the same key the same send happens once."`
	JSON      bool      `help:"Answer in JSON."`
}

// Run sends one notification.
func (c *sendCmd) Run(ctx context.Context, p *program) error {
	send, err := c.build(p)
	if err != nil {
		return err
	}
	key, err := c.reveal()
	if err != nil {
		return err
	}
	remote, err := client.New(string(c.URL), client.WithAPIKey(key))
	if err != nil {
		return usageError{err}
	}
	var sent client.Sent
	if c.Once != "" {
		sent, err = remote.SendOnce(ctx, c.Once, send)
	} else {
		sent, err = remote.Send(ctx, send)
	}
	if err != nil {
		return fmt.Errorf("%w%s", err, mendOf(err, c.URL))
	}
	return c.report(p, sent)
}

// build makes the send of the flags, or of standard input.
func (c *sendCmd) build(p *program) (*belfry.Send, error) {
	send := new(belfry.Send)
	if c.Input != "" {
		if c.Input != "-" {
			return nil, usagef("%.80q is not an argument; give - to read JSON from standard input, or use the flags", c.Input)
		}
		if c.Title != "" || c.Category != "" || len(c.To) > 0 || c.All {
			return nil, usagef("with - the whole send comes from standard input; leave out the flags that say what to send")
		}
		if err := jsonv2.UnmarshalRead(p.stdin, send, jsonv2.RejectUnknownMembers(true)); err != nil {
			return nil, usagef("standard input is not a send in JSON: %w", err)
		}
		return send, nil
	}
	send.To = belfry.To{Users: c.To, All: c.All}
	if c.All == (len(c.To) > 0) {
		return nil, usagef("say for whom it is: either --to ID or --all")
	}
	*send = belfry.Send{
		To: send.To, Category: c.Category, Title: c.Title, Body: c.Body, URL: c.Link, Data: json.RawMessage(c.Data),
		DedupeKey: c.DedupeKey, ExpiresAt: c.ExpiresAt,
	}
	for _, name := range c.Channel {
		send.Channels = append(send.Channels, belfry.Channel(name))
	}
	if c.Priority != "" {
		if err := send.Priority.UnmarshalText([]byte(c.Priority)); err != nil {
			return nil, usagef("--priority: %w", err)
		}
	}
	return send, checkSend(send)
}

// checkSend says what no server would take. Whether a title may be left out the server knows: the category's template
// may have one.
func checkSend(send *belfry.Send) error {
	checked := *send
	if checked.Title == "" {
		checked.Title = "-"
	}
	if err := checked.Validate(); err != nil {
		return usageError{err}
	}
	return nil
}

func (c *sendCmd) report(p *program, sent client.Sent) error {
	if c.JSON {
		return p.printJSON(struct {
			ID            belfry.ID             `json:"id"`
			Accepted      int                   `json:"accepted"`
			Notifications []belfry.AcceptedUser `json:"notifications"`
			Replayed      bool                  `json:"replayed,omitempty"`
		}{sent.ID, sent.Accepted, append([]belfry.AcceptedUser{}, sent.Notifications...), sent.Replayed})
	}
	whom := "everyone"
	if n := len(sent.Notifications); n > 0 {
		var users []string
		for _, u := range sent.Notifications[:min(n, 3)] {
			users = append(users, u.User)
		}
		whom = strings.Join(users, ", ")
		if n > 3 {
			whom += fmt.Sprintf(" and %d more", n-3)
		}
	}
	verb := "sent"
	if sent.Replayed {
		verb = "sent before"
	}
	p.printf("%s %v to %s\n", p.paint(verb, green), sent.ID, whom)
	return nil
}

// mendOf says what to do about a failed call.
func mendOf(err error, server config.ServerURL) string {
	var refused *belfry.Error
	switch {
	case errors.As(err, &refused) && refused.Code == belfry.CodeNoIdentity:
		return "; check the key: belfry key list on the server names those it knows"
	case errors.As(err, &refused):
		return ""
	default:
		return fmt.Sprintf("; is a server running at %s? (BELFRY_URL or --server)", server)
	}
}
