package load

import (
	"bytes"
	"strconv"
)

// A stamp makes a payload recognizable wherever a server puts it.
type stamp struct {
	lane   int    // which sender: its payloads follow each other
	number uint32 // in what this lane sent to this stream, from 1
	at     int64  // when it was sent, in nanoseconds since 1970
}

// How a stamp is written: the mark, and three numbers of a fixed width.
const (
	mark     = "@#"
	stampLen = len(mark) + 2 + 9 + 19
	maxLanes = 100
)

func appendStamp(b []byte, s stamp) []byte {
	b = append(b, mark...)
	b = appendFixed(b, int64(s.lane), 2)
	b = appendFixed(b, int64(s.number), 9)
	return appendFixed(b, s.at, 19)
}

func appendFixed(b []byte, n int64, width int) []byte {
	digits := strconv.AppendInt(make([]byte, 0, 20), n, 10)
	for range width - len(digits) {
		b = append(b, '0')
	}
	return append(b, digits...)
}

// readStamp reads a stamp at the beginning of b, which holds at least stampLen bytes.
func readStamp(b []byte) (s stamp, ok bool) {
	b = b[len(mark):stampLen]
	lane, ok1 := readDigits(b[:2])
	number, ok2 := readDigits(b[2:11])
	at, ok3 := readDigits(b[11:])
	return stamp{int(lane), uint32(number), at}, ok1 && ok2 && ok3
}

func readDigits(b []byte) (n int64, ok bool) {
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// payload returns a JSON object of about size bytes with a stamp in it.
func payload(size int, s stamp) []byte {
	const frame = `{"stamp":"","pad":""}`
	b := make([]byte, 0, max(size, len(frame)+stampLen))
	b = appendStamp(append(b, `{"stamp":"`...), s)
	b = append(b, `","pad":"`...)
	b = append(b, bytes.Repeat([]byte{'x'}, max(0, size-len(frame)-stampLen))...)
	return append(b, `"}`...)
}
