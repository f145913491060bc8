package sse

import (
	"bytes"
	"strconv"
	"strings"
)

// AppendEvent appends a whole event: an event field when name is not empty, one data field for each line of data
// (split at CR LF, CR and LF), and the blank line that dispatches it. Empty data is dispatched too, as the empty string.
// A name is one line: what follows a line break in it is left out, so that it cannot become a field of its own.
func AppendEvent(b []byte, name string, data []byte) []byte {
	if name != "" {
		b = appendField(b, "event: ", name)
	}
	for {
		b = append(b, "data: "...)
		end := indexBreak(data)
		if end < 0 {
			b = append(b, data...)
			return append(b, '\n', '\n')
		}
		b = append(append(b, data[:end]...), '\n')
		if data[end] == '\r' && end+1 < len(data) && data[end+1] == '\n' {
			end++
		}
		data = data[end+1:]
	}
}

// AppendID appends an id field, to stand before its event. An id is one line, as a name is; one with a NUL is ignored by
// every reader, and an empty one makes a reader forget the id it had.
func AppendID(b []byte, id string) []byte { return appendField(b, "id: ", id) }

// AppendRetry appends a retry field: how many milliseconds a client waits before it reconnects. It takes effect when it
// is read, with or without an event.
func AppendRetry(b []byte, ms int64) []byte {
	b = strconv.AppendInt(append(b, "retry: "...), max(ms, 0), 10)
	return append(b, '\n')
}

func appendField(b []byte, field, value string) []byte {
	if i := strings.IndexAny(value, "\r\n"); i >= 0 {
		value = value[:i]
	}
	return append(append(append(b, field...), value...), '\n')
}

// indexBreak returns where the first CR or LF is, or -1. Two searches for one byte each are several times faster than
// one for a set; a JSON text has neither, and that is what nearly all data is.
func indexBreak(b []byte) int {
	if lf := bytes.IndexByte(b, '\n'); lf >= 0 {
		b = b[:lf]
		if cr := bytes.IndexByte(b, '\r'); cr >= 0 {
			return cr
		}
		return lf
	}
	return bytes.IndexByte(b, '\r')
}
