package stream_test

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/go-cmp/cmp"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/sse"
)

// A client is what a page does with a stream: it puts in what comes, by id, and can say what it shows. It is strict: what
// an exact stream never does is an error.
type client struct {
	shows   map[belfry.ID]belfry.Notification
	counts  belfry.Counts
	cursor  belfry.Cursor
	lastID  string
	created map[belfry.ID]int  // messages by notification
	loaded  map[belfry.ID]bool // those that the list brought
}

func newClient() *client {
	return &client{shows: map[belfry.ID]belfry.Notification{}, created: map[belfry.ID]int{}, loaded: map[belfry.ID]bool{}}
}

// load is a page that shows a list, and goes on from its cursor.
func (c *client) load(page belfry.Page) {
	clear(c.shows)
	for _, n := range page.Results {
		c.shows[n.ID] = n
		c.loaded[n.ID] = true
	}
	c.counts, c.cursor, c.lastID = page.Counts, page.Cursor, page.Cursor.String()
}

// play takes in a whole stream.
func (c *client) play(events []sse.Event) error {
	for i, e := range events {
		if err := c.take(e); err != nil {
			return fmt.Errorf("event %d, %s %s %s: %w", i, e.ID, e.Name, e.Data, err)
		}
	}
	return nil
}

func (c *client) take(e sse.Event) error {
	var n belfry.Notification
	switch e.Name {
	case "message", "notification", "update":
		if err := json.Unmarshal([]byte(e.Data), &n); err != nil {
			return err
		}
		if err := c.advance(e.ID); err != nil {
			return err
		}
		_, shown := c.shows[n.ID]
		if c.shows[n.ID] = n; e.Name == "update" {
			if !shown {
				return errors.New("is updated before it came")
			}
			return nil
		}
		if c.created[n.ID]++; c.created[n.ID] > 1 || shown {
			return errors.New("came twice")
		}
		return nil
	case "delete":
		var gone struct {
			ID belfry.ID `json:"id"`
		}
		if err := json.Unmarshal([]byte(e.Data), &gone); err != nil {
			return err
		}
		delete(c.shows, gone.ID)
		return c.advance(e.ID)
	case "connection":
		at, err := belfry.ParseCursor(e.ID)
		if err != nil {
			return err
		}
		if c.lastID != "" && e.ID != c.lastID {
			return fmt.Errorf("began at %s, was asked to at %s", e.ID, c.lastID)
		}
		c.cursor, c.lastID = at, e.ID
		return json.Unmarshal([]byte(e.Data), &c.counts)
	case "counts":
		before := c.counts
		if err := json.Unmarshal([]byte(e.Data), &c.counts); err != nil {
			return err
		}
		if before == c.counts {
			return errors.New("told the counts that were known")
		}
		return nil
	case "heartbeat", "close":
		return nil
	default:
		return errors.New("was not expected")
	}
}

// advance moves the cursor: never back, never in place.
func (c *client) advance(id string) error {
	at, err := belfry.ParseCursor(id)
	if err != nil {
		return err
	}
	if at.Seq < c.cursor.Seq || at.Broadcast < c.cursor.Broadcast || at == c.cursor {
		return fmt.Errorf("came after %s", c.cursor)
	}
	c.cursor, c.lastID = at, id
	return nil
}

// differs compares what the client shows with the inbox.
func (c *client) differs(page belfry.Page) string {
	want := map[belfry.ID]belfry.Notification{}
	for _, n := range page.Results {
		if n.Data == nil {
			n.Data = json.RawMessage("{}")
		}
		want[n.ID] = n
	}
	got := map[belfry.ID]belfry.Notification{}
	for id := range want {
		if !c.loaded[id] && c.created[id] != 1 {
			return fmt.Sprintf("%s came as a message %d times", id, c.created[id])
		}
	}
	for id, n := range c.shows {
		if n.Data == nil {
			n.Data = json.RawMessage("{}")
		}
		got[id] = n
	}
	if diff := cmp.Diff(want, got); diff != "" {
		return "what is shown (-want +got):\n" + diff
	}
	if diff := cmp.Diff(page.Counts, c.counts); diff != "" {
		return "counts (-want +got):\n" + diff
	}
	return ""
}
