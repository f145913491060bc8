package sse

import (
	"strings"
	"unicode/utf8"
)

// decode is the standard's "UTF-8 decode": each maximal part of a sequence that can't be continued becomes one U+FFFD.
// strings.ToValidUTF8 would make one of a whole run, and a range loop one of each byte.
func decode(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var s strings.Builder
	s.Grow(len(b) + len(b)/8)
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size == 1 {
			size = brokenLen(b)
		}
		s.WriteRune(r)
		b = b[size:]
	}
	return s.String()
}

// brokenLen returns how many bytes of b, which starts with no valid sequence, could have begun one: at least 1.
func brokenLen(b []byte) int {
	need, low, high := sequence(b[0])
	n := 1
	for n < need && n < len(b) && b[n] >= low && b[n] <= high {
		low, high = 0x80, 0xBF
		n++
	}
	return n
}

// sequence returns how long a sequence with this first byte is, and the bounds of its second byte: table 3-7 of the
// Unicode standard.
func sequence(lead byte) (length int, low, high byte) {
	switch {
	case lead == 0xE0:
		return 3, 0xA0, 0xBF
	case lead == 0xED:
		return 3, 0x80, 0x9F
	case lead == 0xF0:
		return 4, 0x90, 0xBF
	case lead == 0xF4:
		return 4, 0x80, 0x8F
	case lead >= 0xC2 && lead <= 0xDF:
		return 2, 0x80, 0xBF
	case lead >= 0xE1 && lead <= 0xEF:
		return 3, 0x80, 0xBF
	case lead >= 0xF1 && lead <= 0xF3:
		return 4, 0x80, 0xBF
	default:
		return 1, 0, 0
	}
}
