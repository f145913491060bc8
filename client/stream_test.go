package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/client"
)

func connected(cursor string, retry int) string {
	return fmt.Sprintf("retry: %d\nid: %s\nevent: connection\n"+
		`data: {"status":"connected","connection_id":"c","user_id":"42","unread":3,"unseen":1,"heartbeat_interval":25,"resumed":true}`+"\n\n", retry, cursor)
}

func note(cursor, title string) string {
	return "id: " + cursor + "\n" + `data: {"id":"019b0000-0000-7000-8000-000000000001","category":"order","title":"` + title + `","priority":"normal","data":{}}` + "\n\n"
}

func closing(id, reason string) string {
	return "id: " + id + "\nevent: close\ndata: {\"reason\":\"" + reason + "\",\"retry\":60000}\n\n"
}

// collect ranges over a stream to its end, and returns each event in a word.
func collect(ctx context.Context, c *client.Client, o client.StreamOptions) (got []string, err error) {
	for e, err := range c.Stream(ctx, o) {
		if err != nil {
			return got, err
		}
		word := string(e.Kind)
		switch {
		case e.Notification != nil:
			word += " " + e.Notification.Title
		case e.Reason != "":
			word += " " + e.Reason
		case e.Counts != nil:
			word += fmt.Sprint(" ", e.Counts.Unread)
		case !e.ID.IsZero():
			word += " " + e.ID.String()
		}
		got = append(got, word)
	}
	return got, nil
}

func wantWords(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(want, got) {
		t.Errorf("events:\nwant %q\ngot  %q", want, got)
	}
}

func TestStreamReadsEveryEvent(t *testing.T) {
	t.Parallel()
	const id = "019b0000-0000-7000-8000-000000000001"
	c, w := connect(t, events(connected("e-1-0", 2000)+note("e-2-0", "A")+
		"id: e-3-0\nevent: update\ndata: {\"id\":\""+id+"\",\"category\":\"order\",\"title\":\"A\",\"priority\":\"low\",\"read_at\":\"2026-01-01T00:00:00.000Z\"}\n\n"+
		"event: counts\ndata: {\"unread\":2,\"unseen\":0}\n\nid: e-4-0\nevent: delete\ndata: {\"id\":\""+id+"\"}\n\n"+
		"event: heartbeat\ndata: {\"ts\":\"x\"}\n\nid: e-9-9\nevent: reset\ndata: {\"reason\":\"backlog\",\"cursor\":\"e-9-9\"}\n\n"+
		"event: reauth\ndata: {}\n\nevent: new.thing\ndata: {\"x\":1}\n\n"+closing("e-9-9-x", "closed")))
	got, err := collect(t.Context(), c, client.StreamOptions{LastEventID: "e-0-0", Batch: 250 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	wantWords(t, got, "connection 3", "message A", "update A", "counts 2", "delete "+id, "heartbeat", "reset backlog", "reauth", "new.thing", "close closed")
	r := w.request(t, 0)
	if want, got := "e-0-0", r.Header.Get("Last-Event-ID"); want != got {
		t.Errorf("Last-Event-ID: want %q, got %q", want, got)
	}
	if want, got := "batch=250", r.URL.RawQuery; want != got {
		t.Errorf("query: want %q, got %q", want, got)
	}
	if r.Header.Get("Accept") != "text/event-stream" || r.Header.Get("Authorization") != "Bearer the-token" {
		t.Errorf("headers: got %v", r.Header)
	}
}

func TestStreamResumesAfterTheTimeItWasTold(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]string{"a plain end": "", "half an event": "id: e-3-0\ndata: lost", "drain": "retry: 5000\n" + closing("e-2-0", "drain")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, w := connect(t, events(connected("e-1-0", 5000)+note("e-2-0", "A")+end), events(connected("e-2-0", 5000)+note("e-3-0", "B")+closing("e-3-0-x", "closed")))
				start := time.Now()
				var waits []time.Duration
				got, err := collect(t.Context(), c, client.StreamOptions{Retrying: func(_ error, d time.Duration) { waits = append(waits, d) }})
				if err != nil {
					t.Fatal(err)
				}
				got = slices.DeleteFunc(got, func(s string) bool { return s == "close drain" })
				wantWords(t, got, "connection 3", "message A", "connection 3", "message B", "close closed")
				if want, got := "e-2-0", w.request(t, 1).Header.Get("Last-Event-ID"); want != got {
					t.Errorf("Last-Event-ID: want %q, got %q", want, got)
				}
				if want := 5 * time.Second; time.Since(start) != want || !slices.Equal(waits, []time.Duration{want}) {
					t.Errorf("waited: want %v, got %v (told %v)", want, time.Since(start), waits)
				}
			})
		})
	}
}

func TestStreamIsOverWhenTheServerSaysSo(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]reply{
		"204":     answer(http.StatusNoContent, ""),
		"closed":  events(closing("e-1-0-x", "closed")),
		"revoked": events(closing("e-1-0-x", "revoked")),
		"limit":   events(closing("e-1-0-x", "limit")),
		"a new reason whose id says to stay away": events(closing("e-1-0-x", "banished")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, w := connect(t, a)
			if _, err := collect(t.Context(), c, client.StreamOptions{}); err != nil || w.count() != 1 {
				t.Errorf("want one request and no error, got %d, %v", w.count(), err)
			}
		})
	}
}

func TestStreamEndsWithWhatCannotBeMended(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer reply
		is     error
	}{
		"not let in":              {problem(http.StatusUnauthorized), belfry.Errorf(belfry.CodeNoIdentity, "")},
		"forbidden":               {problem(http.StatusForbidden), belfry.Errorf(belfry.CodeForbidden, "")},
		"not a server of ours":    {answer(http.StatusOK, "<html>", "Content-Type", "text/html"), nil},
		"redirected":              {answer(http.StatusFound, "", "Location", "/login"), nil},
		"data that is not JSON":   {events("data: {\n\n"), nil},
		"an event without an end": {events("data: " + strings.Repeat("x", 5<<20)), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, w := connect(t, test.answer)
			_, err := collect(t.Context(), c, client.StreamOptions{})
			if err == nil || test.is != nil && !errors.Is(err, test.is) || w.count() != 1 {
				t.Errorf("want %v after one request, got %v after %d", test.is, err, w.count())
			}
		})
	}
}

func TestStreamWaitsLongerWithEachFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		answers := []reply{events(connected("e-1-0", 1000))}
		for range 4 {
			answers = append(answers, fail(io.EOF), problem(http.StatusServiceUnavailable), answer(http.StatusBadGateway, ""))
		}
		c, _ := connect(t, append(answers, answer(http.StatusNoContent, ""))...)
		var waits []time.Duration
		if _, err := collect(t.Context(), c, client.StreamOptions{Retrying: func(_ error, d time.Duration) { waits = append(waits, d) }}); err != nil {
			t.Fatal(err)
		}
		if len(waits) != 13 || waits[0] != time.Second || waits[12] < 30*time.Second || waits[12] > 90*time.Second {
			t.Errorf("want 1 s first and about a minute last, got %v", waits)
		}
		for i, d := range waits[1:5] {
			if middle := time.Second << (i + 1); d < middle/2 || d > middle*3/2 {
				t.Errorf("wait %d: want about %v, got %v", i+1, middle, d)
			}
		}
	})
}

// A peer that vanished without a word is noticed by its silence; one that beats is not.
func TestStreamLeavesASilentPeer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, w := connect(t, events(connected("e-1-0", 1000)+"…"), answer(http.StatusNoContent, ""))
		start := time.Now()
		if _, err := collect(t.Context(), c, client.StreamOptions{}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took < 50*time.Second || took > 70*time.Second || w.count() != 2 {
			t.Errorf("want it left after two heartbeats and a half, got %v and %d requests", took, w.count())
		}
	})
}

func TestStreamAsksForANewTokenWhenTheOldRanOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := reply{func(r *http.Request) (*http.Response, error) {
			<-time.After(10 * time.Minute) // for as long as the token held
			return events(connected("e-1-0", 2000) + closing("e-1-0", "expired")).to(r)
		}}
		w := &wire{answers: []reply{slow, events(connected("e-1-0", 2000) + closing("e-1-0", "expired")), answer(http.StatusNoContent, "")}}
		tokens := 0
		c, err := client.New("http://belfry.test", client.WithHTTPClient(&http.Client{Transport: w}), client.WithToken(func(context.Context) (string, error) {
			tokens++
			return fmt.Sprint("token-", tokens), nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		var waits []time.Duration
		if _, err := collect(t.Context(), c, client.StreamOptions{Retrying: func(_ error, d time.Duration) { waits = append(waits, d) }}); err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			if want, got := fmt.Sprint("Bearer token-", i+1), w.request(t, i).Header.Get("Authorization"); want != got {
				t.Errorf("request %d: want %q, got %q", i, want, got)
			}
		}
		// At once after a token that lasted; not after one that was all but over, or its source would make a storm.
		if want := []time.Duration{0, 2 * time.Second}; !slices.Equal(want, waits) {
			t.Errorf("waits: want %v, got %v", want, waits)
		}
	})
}

func TestStreamEndsWithoutATokenOrWithItsContext(t *testing.T) {
	t.Parallel()
	none := errors.New("the vault is sealed")
	c, err := client.New("http://belfry.test", client.WithHTTPClient(&http.Client{Transport: &wire{}}), client.WithToken(func(context.Context) (string, error) { return "", none }))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := collect(t.Context(), c, client.StreamOptions{}); !errors.Is(err, none) {
		t.Errorf("want %v, got %v", none, err)
	}
	c, _ = connect(t, events(connected("e-1-0", 1000)+"…"))
	ctx, cancel := context.WithCancel(t.Context())
	for _, err := range c.Stream(ctx, client.StreamOptions{}) {
		if err != nil {
			t.Errorf("want no error of an ended context, got %v", err)
		}
		cancel()
	}
	cancel()
}

func TestStreamStopsWhenTheCallerDoes(t *testing.T) {
	t.Parallel()
	c, w := connect(t, events(connected("e-1-0", 1000)+note("e-2-0", "A")+"…"))
	for e, err := range c.Stream(t.Context(), client.StreamOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == client.Notification {
			break
		}
	}
	if got := w.count(); got != 1 {
		t.Errorf("requests: want 1, got %d", got)
	}
}
