package sse

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math"
	"time"
)

// MaxEvent is the most that a [Reader] takes for one line, and for the data of one event, in bytes. Belfry's largest
// event is a notification whose 512 KiB request escapes to three times its size.
const MaxEvent = 4 << 20

// ErrTooLong is what Next returns when a line, or the data of an event, is longer than [MaxEvent].
var ErrTooLong = errors.New("sse: an event is longer than 4 MiB")

// An Event is what a browser would dispatch.
type Event struct {
	ID    string        // the last event id as of this event: its own, or that of an earlier one
	Name  string        // "message" when the stream gave none
	Data  string        // its lines joined by LF
	Retry time.Duration // the last retry field since the event before this one; 0 when none came
}

// A Reader reads the events of one stream. It never waits for more than it needs: an event is returned when its blank
// line is read, even when that line ends in a CR that an LF might follow.
type Reader struct {
	in      *bufio.Reader
	line    []byte // the line being read, when it spans several reads
	data    []byte // the data buffer, each line followed by LF
	name    string
	id      string // the id buffer
	lastID  string
	retry   time.Duration
	started bool // the place where a BOM may stand is behind
	skipLF  bool // the line before ended in CR: an LF right after it is part of that end
	err     error
}

// NewReader returns a reader of the stream r, which starts at r's next byte.
func NewReader(r io.Reader) *Reader { return &Reader{in: bufio.NewReader(r)} }

// LastEventID returns the id to resume from: that of the last block read, whether or not it was an event.
func (r *Reader) LastEventID() string { return r.lastID }

// Next returns the next event. At the end of the stream it returns [io.EOF], and what stood there without its blank
// line is dropped; [ErrTooLong], or the error of the underlying reader, ends the stream too. After an error every call
// returns that error.
func (r *Reader) Next() (Event, error) {
	for r.err == nil {
		line, err := r.readLine()
		if err != nil {
			r.err = err
			break
		}
		if len(line) > 0 {
			r.err = r.field(line)
			continue
		}
		r.lastID = r.id
		if len(r.data) == 0 {
			r.name = ""
			continue
		}
		return r.dispatch(), nil
	}
	return Event{}, r.err
}

func (r *Reader) dispatch() Event {
	e := Event{ID: r.lastID, Name: r.name, Data: decode(r.data[:len(r.data)-1]), Retry: r.retry}
	if e.Name == "" {
		e.Name = "message"
	}
	r.data, r.name, r.retry = r.data[:0], "", 0
	return e
}

// field takes one line that is not blank.
func (r *Reader) field(line []byte) error {
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(name) {
	case "data":
		if len(r.data)+len(value) >= MaxEvent {
			return ErrTooLong
		}
		r.data = append(append(r.data, value...), '\n')
	case "event":
		r.name = decode(value)
	case "id":
		if bytes.IndexByte(value, 0) < 0 {
			r.id = decode(value)
		}
	case "retry":
		if ms, ok := digits(value); ok {
			r.retry = ms
		}
	}
	return nil // the empty name is a comment; every other field is to be ignored
}

// digits reads milliseconds; what is more than a Duration holds is the most that it holds.
func digits(value []byte) (time.Duration, bool) {
	const most = math.MaxInt64 / time.Millisecond
	var ms time.Duration
	for _, c := range value {
		if c < '0' || c > '9' {
			return 0, false
		}
		if ms > most/10-1 {
			ms = most // and stays there, however many digits follow
			continue
		}
		ms = ms*10 + time.Duration(c-'0')
	}
	return ms * time.Millisecond, len(value) > 0
}

// readLine returns the next line without its end, valid until the next call.
func (r *Reader) readLine() ([]byte, error) {
	r.line = r.line[:0]
	if !r.started {
		r.started = true
		if b, _ := r.in.Peek(1); len(b) == 1 && b[0] == 0xEF { // only then may it wait for the two that follow
			if b, _ = r.in.Peek(3); string(b) == "\uFEFF" {
				_, _ = r.in.Discard(3)
			}
		}
	}
	for {
		if _, err := r.in.Peek(1); err != nil {
			return nil, err
		}
		chunk, _ := r.in.Peek(r.in.Buffered())
		if r.skipLF {
			r.skipLF = false
			if chunk[0] == '\n' {
				_, _ = r.in.Discard(1)
				continue
			}
		}
		end := indexBreak(chunk)
		if end < 0 {
			if len(r.line)+len(chunk) > MaxEvent {
				return nil, ErrTooLong
			}
			r.line = append(r.line, chunk...)
			_, _ = r.in.Discard(len(chunk))
			continue
		}
		r.skipLF = chunk[end] == '\r'
		_, _ = r.in.Discard(end + 1)
		if len(r.line) == 0 {
			return chunk[:end], nil // stays valid: Discard moves no bytes
		}
		if len(r.line)+end > MaxEvent {
			return nil, ErrTooLong
		}
		r.line = append(r.line, chunk[:end]...)
		return r.line, nil
	}
}
