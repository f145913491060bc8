package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/client"
	"github.com/belfryhq/belfry/internal/config"
)

// listenTTL is how long a token that listen makes is good; the stream gets a new one before.
const listenTTL = 15 * time.Minute

type listenCmd struct {
	config.Remote
	config.RemoteToken
	config.JWT
	User  string `placeholder:"ID" help:"Whose stream, by a token made with BELFRY_JWT_SECRET."`
	After string `placeholder:"CURSOR" help:"Resume after this place: a list's cursor or an event's."`
	JSON  bool   `help:"Print each event as a line of JSON."`
}

// Run prints events until the stream is over or the command is interrupted.
func (c *listenCmd) Run(ctx context.Context, p *program) error {
	source, err := c.source()
	if err != nil {
		return err
	}
	remote, err := client.New(string(c.URL), client.WithToken(source))
	if err != nil {
		return usageError{err}
	}
	options := client.StreamOptions{LastEventID: c.After, Retrying: func(err error, wait time.Duration) {
		if err == nil {
			err = errors.New("the connection ended")
		}
		p.tell("belfry: %v; connecting to %s again in %v", err, c.URL, wait.Round(100*time.Millisecond))
	}}
	last := ""
	for e, err := range remote.Stream(ctx, options) {
		if err != nil {
			return err
		}
		last = ""
		if e.Kind == client.Closed {
			last = e.Reason
		}
		if c.JSON {
			err = p.printJSON(struct {
				ID    string          `json:"id"`
				Event client.Kind     `json:"event"`
				Data  json.RawMessage `json:"data"`
			}{e.Cursor, e.Kind, e.Data})
		} else {
			c.print(p, &e)
		}
		if err != nil {
			return err
		}
	}
	if ctx.Err() == nil && last != "" && last != string(belfry.CloseClosed) {
		return fmt.Errorf("the server ended the stream for good: %s", last)
	}
	return nil
}

// source says where tokens come from.
func (c *listenCmd) source() (func(context.Context) (string, error), error) {
	// A token may stand in the environment for everyday use; a person named on the command line is meant.
	if c.User != "" {
		return c.mint()
	}
	if c.Token.Reveal() == "" {
		return nil, usagef("say whose stream: --user ID (with BELFRY_JWT_SECRET) or --token JWT")
	}
	return func(context.Context) (string, error) { return c.Token.Reveal(), nil }, nil
}

// mint makes a token for each connection; the first is made now, so that what cannot work is told at once.
func (c *listenCmd) mint() (func(context.Context) (string, error), error) {
	if _, err := signToken(&c.JWT, c.User, time.Now().Add(listenTTL)); err != nil {
		return nil, err
	}
	return func(context.Context) (string, error) { return signToken(&c.JWT, c.User, time.Now().Add(listenTTL)) }, nil
}

// print writes an event for a person.
func (c *listenCmd) print(p *program, e *client.Event) {
	now := p.paint(time.Now().Format(time.TimeOnly), dim)
	switch e.Kind {
	case client.Connected:
		p.printf("%s listening for %s: %d unread, %d unseen\n", now, e.Connection.User, e.Counts.Unread, e.Counts.Unseen)
	case client.Notification:
		n := e.Notification
		p.printf("%s %s %s %s\n", now, p.paint("●", red), p.paint(n.Title, bold), p.paint(n.Category, dim))
		if n.Body != "" {
			p.printf("           %s\n", n.Body)
		}
		if n.URL != "" {
			p.printf("           %s\n", n.URL)
		}
	case client.Updated:
		p.printf("%s ○ %s: %s\n", now, e.Notification.Title, states(e.Notification))
	case client.Deleted:
		p.printf("%s ✕ %v is gone\n", now, e.ID)
	case client.Counted:
		p.printf("%s   %d unread, %d unseen\n", now, e.Counts.Unread, e.Counts.Unseen)
	case client.Reset:
		p.printf("%s the place was lost (%s): what came meanwhile is in the list\n", now, e.Reason)
	case client.Closed:
		p.printf("%s the server closed the stream: %s\n", now, e.Reason)
	default: // heartbeat, reauth, and what a newer server may say, are not for people
	}
}

// states says how a notification stands.
func states(n *belfry.Notification) string {
	words := "unread"
	if !n.ReadAt.IsZero() {
		words = "read"
	}
	if !n.SeenAt.IsZero() {
		words += ", seen"
	}
	if !n.ArchivedAt.IsZero() {
		words += ", archived"
	}
	return words
}
