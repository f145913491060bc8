package belfry

import (
	"fmt"
	"strconv"
	"strings"
)

// A Cursor is a place in a person's log: everything up to it has been given, nothing after it. It holds two positions
// because the log is two: the person's own entries and the broadcasts, each counted from 1 without gaps.
type Cursor struct {
	Epoch     string // names the database: lower case letters and digits, at most 16
	Seq       int64  // the last entry of the person's own log, 0 before the first
	Broadcast int64  // the last entry of the broadcast log, 0 before the first
}

// StopSuffix ends the cursor of a stream that the client must not reopen: `<cursor>-x`. A native EventSource sends it
// back in Last-Event-ID when it reconnects by itself, and is answered 204, which stops it for good.
const StopSuffix = "-x"

// ParseCursor reads `<epoch>-<seq>-<broadcast seq>`, the form that [Cursor.String] writes.
func ParseCursor(s string) (Cursor, error) {
	bad := func() (Cursor, error) { return Cursor{}, fmt.Errorf("%.64q is not a cursor", s) }
	if len(s) > 63 {
		return bad()
	}
	parts := strings.Split(s, "-")
	if len(parts) != 3 || !isEpoch(parts[0]) {
		return bad()
	}
	seq, ok1 := parsePosition(parts[1])
	broadcast, ok2 := parsePosition(parts[2])
	if !ok1 || !ok2 {
		return bad()
	}
	return Cursor{Epoch: parts[0], Seq: seq, Broadcast: broadcast}, nil
}

// String returns the wire form, ASCII, under 64 bytes.
func (c Cursor) String() string {
	var b [64]byte
	return string(c.Append(b[:0]))
}

// Append appends the wire form to b.
func (c Cursor) Append(b []byte) []byte {
	b = append(append(b, c.Epoch...), '-')
	b = append(strconv.AppendInt(b, c.Seq, 10), '-')
	return strconv.AppendInt(b, c.Broadcast, 10)
}

// IsZero reports whether the cursor is no place at all.
func (c Cursor) IsZero() bool { return c == Cursor{} }

// MarshalText implements [encoding.TextMarshaler]; the zero cursor is the empty string.
func (c Cursor) MarshalText() ([]byte, error) {
	if c.IsZero() {
		return nil, nil
	}
	return c.Append(nil), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (c *Cursor) UnmarshalText(b []byte) (err error) {
	*c = Cursor{}
	if len(b) > 0 {
		*c, err = ParseCursor(string(b))
	}
	return err
}

func isEpoch(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return len(s) > 0 && len(s) <= 16
}

// parsePosition reads a number as strconv writes it: no sign, no leading zero, so that one cursor has one form.
func parsePosition(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n >= 0 && strconv.FormatInt(n, 10) == s
}

// A Position is a place in an inbox's list, which runs from the newest to the oldest by creation: the two logs are
// listed as one, and a place is a place in each. Its form on the wire, `<seq>-<broadcast seq>`, is opaque to clients.
type Position struct {
	Seq       int64
	Broadcast int64
}

// ParsePosition reads what [Position.String] writes; a cursor's form is accepted too, and stands for its two positions.
func ParsePosition(s string) (Position, error) {
	if c, err := ParseCursor(s); err == nil {
		return Position{Seq: c.Seq, Broadcast: c.Broadcast}, nil
	}
	seq, broadcast, _ := strings.Cut(s, "-")
	p, ok1 := parsePosition(seq)
	q, ok2 := parsePosition(broadcast)
	if !ok1 || !ok2 {
		return Position{}, fmt.Errorf("%.64q is not a place in a list", s)
	}
	return Position{Seq: p, Broadcast: q}, nil
}

// String returns the wire form.
func (p Position) String() string {
	return strconv.FormatInt(p.Seq, 10) + "-" + strconv.FormatInt(p.Broadcast, 10)
}
