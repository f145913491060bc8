package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/sse"
)

const (
	firstRetry = 2 * time.Second  // until the server says how long to wait
	firstWatch = 45 * time.Second // until the server says how often it beats; 30 s is the most it may
)

// StreamOptions says how to stream. The zero value starts from now.
type StreamOptions struct {
	LastEventID string        // a cursor to resume from: a list's, or an event's
	Batch       time.Duration // how long the server may wait to gather, at most a second

	// Retrying, when set, is called before each wait to reconnect, with the reason: nil when the stream just ended.
	Retrying func(err error, wait time.Duration)
}

// Stream returns the person's events as they happen. When the connection ends, or is silent for two heartbeats and a
// half, it reconnects by itself, after the time that the server asked for, and resumes from the last event: nothing is
// missed and nothing comes twice, except that after a [Reset] the list has to be loaded again.
//
// The sequence ends after a [Closed] event whose reason tells clients to stay away ("closed", "revoked", "limit"), when
// the server answers that it is over, when ctx ends (without an error), and with an error when the server refuses (a
// *belfry.Error) or no token can be had. It may be ranged over several times; each time is a stream of its own.
func (c *Client) Stream(ctx context.Context, o StreamOptions) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		s := stream{client: c, options: o, lastID: o.LastEventID, retry: firstRetry, yield: yield}
		if err := s.run(ctx); err != nil && ctx.Err() == nil {
			yield(Event{}, err)
		}
	}
}

// errOver ends a stream without an error.
var errOver = errors.New("the stream is over")

// A stream is one range over the sequence.
type stream struct {
	client  *Client
	options StreamOptions
	yield   func(Event, error) bool

	lastID string
	retry  time.Duration // what the server asked for last
	fails  int           // connections in a row that gave no event
	opened time.Time     // when the connection before began
	atOnce bool          // the token ran out: nothing is wrong with the server
}

func (s *stream) run(ctx context.Context) error {
	for {
		err := s.connection(ctx)
		if errors.Is(err, errOver) {
			return nil
		}
		if final := s.final(err); final != nil {
			return final
		}
		pause := s.pause(err)
		if s.options.Retrying != nil && ctx.Err() == nil {
			s.options.Retrying(err, pause)
		}
		if wait(ctx, pause) != nil {
			return nil //nolint:nilerr // the caller ended it
		}
	}
}

// final returns err when reconnecting can't mend it.
func (s *stream) final(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := passing(err); ok {
		return nil
	}
	return fmt.Errorf("stream: %w", err)
}

// pause returns how long to wait: what the server asked for, which it has spread already; longer with each failure.
func (s *stream) pause(err error) time.Duration {
	s.fails++
	atOnce := s.atOnce && time.Since(s.opened) > s.retry // a source whose tokens are all but over may not make a storm
	s.atOnce = false
	if atOnce {
		return 0
	}
	after, _ := passing(err)
	if s.fails == 1 {
		return max(s.retry, after)
	}
	return max(backoff(s.retry, s.fails), after)
}

// connection reads one connection to its end. errOver: there shall be no other.
func (s *stream) connection(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.opened = time.Now()
	watch := time.AfterFunc(firstWatch, cancel) // silence is the only sign of a dead peer
	defer watch.Stop()

	resp, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	silence, reader := firstWatch, sse.NewReader(resp.Body)
	for {
		e, err := reader.Next()
		s.lastID = reader.LastEventID()
		if err != nil {
			return endOf(err)
		}
		if e.Retry > 0 {
			s.retry = min(e.Retry, longWait)
		}
		event, err := decodeEvent(e)
		if err != nil {
			return &finalError{err}
		}
		s.fails = 0
		if event.Connection != nil && event.Connection.HeartbeatInterval > 0 {
			silence = seconds(event.Connection.HeartbeatInterval)*5/2 + time.Second
		}
		watch.Stop() // while the consumer has the event, the silence is its own
		if !s.yield(event, nil) {
			return errOver
		}
		if event.Kind == Closed {
			return s.closed(event)
		}
		watch.Reset(silence)
	}
}

// closed says what follows a close event.
func (s *stream) closed(e Event) error {
	switch belfry.CloseReason(e.Reason) {
	case belfry.CloseClosed, belfry.CloseRevoked, belfry.CloseLimit:
		return errOver
	case belfry.CloseExpired:
		s.atOnce = true
	case belfry.CloseDrain:
	}
	if strings.HasSuffix(s.lastID, belfry.StopSuffix) {
		return errOver
	}
	return nil
}

// open makes the request.
func (s *stream) open(ctx context.Context) (*http.Response, error) {
	q := call{as: person, method: http.MethodGet, path: "/notifications/sse/stream/", query: url.Values{}, header: http.Header{"Accept": {"text/event-stream"}}}
	if s.lastID != "" {
		q.header.Set("Last-Event-ID", s.lastID)
	}
	if s.options.Batch > 0 {
		q.query.Set("batch", strconv.FormatInt(s.options.Batch.Milliseconds(), 10))
	}
	req, err := s.client.request(ctx, &q)
	if err != nil {
		return nil, &finalError{err}
	}
	resp, err := s.client.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", withoutURL(err))
	}
	switch {
	case resp.StatusCode == http.StatusNoContent:
		_ = resp.Body.Close()
		return nil, errOver
	case resp.StatusCode != http.StatusOK:
		defer func() { _ = resp.Body.Close() }()
		return nil, problem(&q, resp)
	case !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream"):
		_ = resp.Body.Close()
		return nil, &finalError{fmt.Errorf("the answer is %.80q, not an event stream", resp.Header.Get("Content-Type"))}
	}
	return resp, nil
}

// A finalError is one that the next connection would bring again.
type finalError struct{ error }

func (e *finalError) Unwrap() error { return e.error }

// endOf makes the end of a body an end without an error: servers and proxies end streams as they like.
func endOf(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.Canceled) {
		return nil
	}
	if errors.Is(err, sse.ErrTooLong) {
		return &finalError{err}
	}
	return fmt.Errorf("read: %w", err)
}
