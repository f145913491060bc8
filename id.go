package belfry

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"
)

// An ID names a notification: a UUID of version 7 (RFC 9562), so ids made later sort after those made earlier, to the
// millisecond. The zero ID names nothing.
type ID [16]byte

// NewID returns the id of a moment. The 12 bits of sub (its lower ones) and the 62 of random (its lower ones) tell apart
// the ids of one millisecond; a store that gives out sub in rising order has ids that rise strictly.
func NewID(at time.Time, sub uint16, random uint64) ID {
	var id ID
	binary.BigEndian.PutUint64(id[:8], uint64(at.UnixMilli())<<16|0x7000|uint64(sub&0x0fff))
	binary.BigEndian.PutUint64(id[8:], random&(1<<62-1)|1<<63)
	return id
}

// ParseID reads the 36-character form, in either case. It accepts any UUID: which of them name something is the
// store's to say.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return ID{}, fmt.Errorf("%.40q is not a UUID", s)
	}
	for i, at := range [16]int{0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34} {
		if _, err := hex.Decode(id[i:i+1], []byte(s[at:at+2])); err != nil {
			return ID{}, fmt.Errorf("%.40q is not a UUID", s)
		}
	}
	return id, nil
}

// Time returns the moment in the id, UTC, in whole milliseconds.
func (id ID) Time() time.Time {
	return time.UnixMilli(int64(binary.BigEndian.Uint64(id[:8]) >> 16)).UTC()
}

// IsZero reports whether the id names nothing.
func (id ID) IsZero() bool { return id == ID{} }

// String returns the 36-character form in lower case.
func (id ID) String() string {
	var b [36]byte
	return string(id.append(b[:0]))
}

func (id ID) append(b []byte) []byte {
	b = append(hex.AppendEncode(b, id[:4]), '-')
	b = append(hex.AppendEncode(b, id[4:6]), '-')
	b = append(hex.AppendEncode(b, id[6:8]), '-')
	b = append(hex.AppendEncode(b, id[8:10]), '-')
	return hex.AppendEncode(b, id[10:])
}

// MarshalText implements [encoding.TextMarshaler].
func (id ID) MarshalText() ([]byte, error) { return id.append(make([]byte, 0, 36)), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (id *ID) UnmarshalText(b []byte) error {
	parsed, err := ParseID(string(b))
	if err == nil {
		*id = parsed
	}
	return err
}
