package client_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/client"
	"github.com/belfryhq/belfry/server"
	"github.com/belfryhq/belfry/sqlite"
)

// serve returns clients of a real server: an app's, and a maker of people's.
func serve(t *testing.T) (app *client.Client, person func(id string) *client.Client) {
	t.Helper()
	const key, secret = "bf_client-0123456789abcdef", "a secret of more than thirty-two bytes"
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "belfry.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	s, err := server.New(server.Config{Store: store, Keys: []server.APIKey{{Name: "app", Secret: key}}, JWT: server.JWT{Secret: []byte(secret)}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(s)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second) // the test's own is over by now
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Errorf("close server: %v", err)
		}
		front.Close()
	})
	connect := func(opt client.Option) *client.Client {
		c, err := client.New(front.URL+"/", opt, client.WithHTTPClient(front.Client()))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	person = func(id string) *client.Client {
		return connect(client.WithToken(func(context.Context) (string, error) {
			return jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": id, "exp": time.Now().Add(time.Hour).Unix()}).SignedString([]byte(secret))
		}))
	}
	return connect(client.WithAPIKey(key)), person
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestAppAgainstTheServer(t *testing.T) {
	t.Parallel()
	app, person := serve(t)
	ctx, on := t.Context(), true

	sent := must[client.Sent](t)(app.SendOnce(ctx, "key-1", hello()))
	again := must[client.Sent](t)(app.SendOnce(ctx, "key-1", hello()))
	if !again.Replayed || again.ID != sent.ID {
		t.Errorf("the same key: want %v replayed, got %+v", sent.ID, again)
	}
	receipt := must[belfry.Receipt](t)(app.Receipt(ctx, sent.ID))
	if receipt.User != "42" || receipt.All || receipt.Notification.Title != hello().Title || len(receipt.Deliveries) != 1 || receipt.Deliveries[0].State != belfry.Sent {
		t.Errorf("receipt: got %+v", receipt)
	}
	results := must[[]client.BulkResult](t)(app.Bulk(ctx, []belfry.Send{*hello(), {To: belfry.ToUser("42"), Category: "order"}}))
	var refused *belfry.Error
	if results[0].Err != nil || !errors.As(results[1].Err, &refused) || len(refused.Fields) != 1 || refused.Fields[0].Field != "title" {
		t.Errorf("bulk: got %+v", results)
	}
	all := must[client.Sent](t)(app.Send(ctx, &belfry.Send{To: belfry.ToAll(), Category: "news", Title: "To everyone"}))
	if receipt := must[belfry.Receipt](t)(app.Receipt(ctx, all.ID)); !receipt.All || receipt.User != "" {
		t.Errorf("receipt of a broadcast: got %+v", receipt)
	}
	if err := app.Retract(ctx, all.ID); err != nil {
		t.Error(err)
	}
	if err := app.Retract(ctx, all.ID); !errors.Is(err, belfry.ErrNotFound) {
		t.Errorf("retracted twice: want not found, got %v", err)
	}
	for _, id := range []string{"42", "a/b c", "..", "ü"} {
		want := belfry.User{ID: id, Email: "ada@shop.example", Name: "Ada", Timezone: "Europe/Vienna", Data: []byte(`{"plan":"gold"}`)}
		must[belfry.User](t)(app.PutUser(ctx, want))
		if got := must[belfry.User](t)(app.User(ctx, id)); got.Name != "Ada" || got.ID != id || string(got.Data) != string(want.Data) {
			t.Errorf("user %q: got %+v", id, got)
		}
	}
	if ticket := must[client.Ticket](t)(app.Ticket(ctx, "42")); ticket.Ticket == "" || time.Until(ticket.ExpiresAt) <= 0 {
		t.Errorf("ticket: got %+v", ticket)
	}
	must[belfry.Notification](t)(person("42").Patch(ctx, sent.ID, belfry.StateChange{Read: &on}))
	if err := app.EraseUser(ctx, "42"); err != nil {
		t.Error(err)
	}
	if _, err := app.User(ctx, "42"); !errors.Is(err, belfry.ErrNotFound) {
		t.Errorf("erased: want not found, got %v", err)
	}
}

func TestPersonAgainstTheServer(t *testing.T) {
	t.Parallel()
	app, person := serve(t)
	ctx, ada, on := t.Context(), person("42"), true
	var ids []belfry.ID
	for range 5 {
		ids = append(ids, must[client.Sent](t)(app.Send(ctx, hello())).ID)
	}
	if ticket := must[client.Ticket](t)(ada.Exchange(ctx)); ticket.Ticket == "" || time.Until(ticket.ExpiresAt) <= 0 {
		t.Errorf("ticket: got %+v", ticket)
	}
	var got []belfry.ID
	q := client.Query{Limit: 2, Category: "order"}
	for {
		page := must[client.Page](t)(ada.List(ctx, q))
		for _, n := range page.Results {
			got = append(got, n.ID)
		}
		if page.Unread != 5 || page.Cursor == "" {
			t.Errorf("page: got %+v", page)
		}
		if page.Next == "" {
			break
		}
		q.Before = page.Next
	}
	slices.Reverse(got)
	if !slices.Equal(ids, got) {
		t.Errorf("pages: want %v, got %v", ids, got)
	}
	if n := must[belfry.Notification](t)(ada.Patch(ctx, ids[0], belfry.StateChange{Read: &on, Seen: &on})); n.ReadAt.IsZero() || n.SeenAt.IsZero() {
		t.Errorf("patched: got %+v", n)
	}
	if m := must[client.Marked](t)(ada.Mark(ctx, client.Archived, ids[1])); m.Changed != 1 || m.Unread != 3 {
		t.Errorf("marked: got %+v", m)
	}
	if m := must[client.Marked](t)(ada.MarkAll(ctx, client.Read, "order")); m.Changed < 3 || m.Unread != 0 {
		t.Errorf("marked all: got %+v", m)
	}
	if c := must[client.Counts](t)(ada.Counts(ctx)); c.Unread != 0 || c.Cursor == "" {
		t.Errorf("counts: got %+v", c)
	}
	want := belfry.Preferences{"order": {belfry.InApp: false}}
	must[belfry.Preferences](t)(ada.SetPreferences(ctx, want))
	if p := must[belfry.Preferences](t)(ada.Preferences(ctx)); p["order"][belfry.InApp] || len(p) != 1 {
		t.Errorf("preferences: want %v, got %v", want, p)
	}
}

func TestStreamAgainstTheServer(t *testing.T) {
	t.Parallel()
	app, person := serve(t)
	ctx, ada := t.Context(), person("42")
	before := must[client.Counts](t)(ada.Counts(ctx)).Cursor
	missed := must[client.Sent](t)(app.Send(ctx, hello())).ID
	var kinds []client.Kind
	for e, err := range ada.Stream(ctx, client.StreamOptions{LastEventID: before}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == client.Counted || e.Kind == client.Heartbeat {
			continue
		}
		kinds = append(kinds, e.Kind)
		switch e.Kind {
		case client.Connected:
			if !e.Connection.Resumed || e.Connection.User != "42" {
				t.Errorf("connection: got %+v", e.Connection)
			}
			if s := must[client.Status](t)(ada.Status(ctx)); !s.Connected || len(s.Connections) != 1 || s.Connections[0].ID != e.Connection.ID {
				t.Errorf("status: got %+v", s)
			}
		case client.Notification:
			if e.ID != missed {
				t.Errorf("want what was missed, %v, got %v", missed, e.ID)
			}
			if err := app.Retract(ctx, missed); err != nil {
				t.Fatal(err)
			}
		case client.Deleted:
			if n := must[int](t)(ada.CloseStreams(ctx, "")); n != 1 {
				t.Errorf("closed: want 1, got %d", n)
			}
		default:
		}
	}
	if want := []client.Kind{client.Connected, client.Notification, client.Deleted, client.Closed}; !slices.Equal(want, kinds) {
		t.Errorf("events: want %v, got %v", want, kinds)
	}
	if s := must[client.Status](t)(ada.Status(ctx)); s.Connected {
		t.Errorf("status after the close: got %+v", s)
	}
	http.DefaultClient.CloseIdleConnections()
}

// The mail log of a real server, which keeps mail for viewing.
func TestDeliveriesAgainstTheServer(t *testing.T) {
	t.Parallel()
	app, _ := serve(t)
	ctx := t.Context()
	send := hello()
	send.To, send.Channels, send.Email = belfry.ToUser("a/b"), []belfry.Channel{belfry.Email}, &belfry.EmailContent{To: "Ada <ada@example.com>"}
	var ids []belfry.ID
	for range 3 {
		ids = append(ids, must[client.Sent](t)(app.Send(ctx, send)).ID)
	}
	captured := func() belfry.DeliveryPage {
		return must[belfry.DeliveryPage](t)(app.Deliveries(ctx, belfry.DeliveryQuery{State: belfry.Captured, Channel: belfry.Email, User: "a/b"}))
	}
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for len(captured().Results) < len(ids) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("the mails were not kept in time")
		}
	}
	first := must[belfry.DeliveryPage](t)(app.Deliveries(ctx, belfry.DeliveryQuery{User: "a/b", Limit: 2}))
	rest := must[belfry.DeliveryPage](t)(app.Deliveries(ctx, belfry.DeliveryQuery{User: "a/b", Limit: 2, After: first.Next}))
	if len(first.Results) != 2 || len(rest.Results) != 1 || !rest.Next.IsZero() || rest.Results[0].NotificationID != ids[0] {
		t.Errorf("walked %+v and %+v, want three in two pages, the oldest last", first, rest)
	}
	id := rest.Results[0].ID
	d := must[belfry.Delivery](t)(app.Delivery(ctx, id))
	if d.State != belfry.Captured || d.To != "ada@example.com" || d.User != "a/b" || d.MessageID == "" {
		t.Errorf("got %+v", d)
	}
	message := must[[]byte](t)(app.Message(ctx, id))
	if !strings.Contains(string(message), d.MessageID) {
		t.Errorf("the message lacks its id %s:\n%s", d.MessageID, message)
	}
	if d := must[belfry.Delivery](t)(app.RetryDelivery(ctx, id)); d.State != belfry.Queued {
		t.Errorf("got %+v, want it queued again", d)
	}
	if again := must[[]byte](t)(app.Message(ctx, id)); string(again) != string(message) {
		t.Error("the bytes changed with the retry")
	}
	_, e1 := app.Delivery(ctx, ids[0])
	_, e2 := app.Message(ctx, ids[0])
	_, e3 := app.RetryDelivery(ctx, ids[0])
	for _, err := range []error{e1, e2, e3} {
		if !errors.Is(err, belfry.ErrNotFound) {
			t.Errorf("got %v for what is no delivery", err)
		}
	}
	_, err := app.Deliveries(ctx, belfry.DeliveryQuery{State: "gone"})
	if e, ok := errors.AsType[*belfry.Error](err); !ok || e.Code != belfry.CodeInvalid || e.Fields[0].Field != "state" {
		t.Errorf("got %v, want a fault in state", err)
	}
}
