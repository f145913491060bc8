package load

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// A tap takes the bytes of one stream apart: the head of the answer, its chunks if it comes in chunks, and the stamps in its
// body. It holds no more than an unfinished line or stamp: there are thousands.
type tap struct {
	held  []byte // what is not yet whole
	left  int64  // of the chunk
	state tapState
}

type tapState uint8

const (
	tapHead  tapState = iota
	tapPlain          // a body without chunks
	tapSize           // the line before a chunk
	tapChunk
	tapBreak // the line break after a chunk
)

// maxHead is the longest head of an answer; net/http takes 1 MiB, and no server sends a hundredth of it.
const maxHead = 16 << 10

// feed takes bytes in; up says that the answer's head, a 200, was in them.
func (t *tap) feed(b []byte, found func(stamp)) (up bool, err error) {
	for len(b) > 0 {
		switch t.state {
		case tapHead:
			t.held = append(t.held, b...)
			end := bytes.Index(t.held, []byte("\r\n\r\n"))
			if end < 0 {
				if len(t.held) > maxHead {
					return up, fmt.Errorf("the answer's head is longer than %d bytes", maxHead)
				}
				return up, nil
			}
			if err := t.begin(t.held[:end]); err != nil {
				return up, fmt.Errorf("%w: %.300q", err, t.held)
			}
			up, b, t.held = true, t.held[end+4:], nil
		case tapPlain:
			t.scan(b, found)
			b = nil
		case tapSize, tapBreak:
			if b, err = t.line(b); err != nil {
				return up, err
			}
		case tapChunk:
			n := min(t.left, int64(len(b)))
			t.scan(b[:n], found)
			if b, t.left = b[n:], t.left-n; t.left == 0 {
				t.state = tapBreak
			}
		}
	}
	return up, nil
}

// begin reads the head.
func (t *tap) begin(head []byte) error {
	status, fields, _ := bytes.Cut(head, []byte("\r\n"))
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 200")) && !bytes.HasPrefix(status, []byte("HTTP/1.0 200")) {
		return errors.New("the stream was refused")
	}
	t.state = tapPlain
	for line := range bytes.SplitSeq(fields, []byte("\r\n")) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		if bytes.EqualFold(name, []byte("Transfer-Encoding")) && bytes.EqualFold(bytes.TrimSpace(value), []byte("chunked")) {
			t.state = tapSize
		}
	}
	return nil
}

// line takes a line of the chunked coding, which may come in the middle of a stamp and in pieces itself: it is read digit by
// digit, and what is held stays.
func (t *tap) line(b []byte) ([]byte, error) {
	if t.state == tapBreak {
		end := bytes.IndexByte(b, '\n')
		if end < 0 {
			return nil, nil
		}
		t.state, t.left = tapSize, 0
		return b[end+1:], nil
	}
	for i, c := range b {
		switch c {
		case '\n':
			if t.state = tapChunk; t.left == 0 {
				return nil, errors.New("the answer has ended")
			}
			return b[i+1:], nil
		case '\r':
		default:
			digit, err := strconv.ParseUint(string(c), 16, 8)
			if err != nil || t.left > 1<<40 {
				return nil, fmt.Errorf("%.40q is not the size of a chunk", b)
			}
			t.left = t.left<<4 | int64(digit)
		}
	}
	return nil, nil
}

// scan finds the stamps in the next bytes of the body.
func (t *tap) scan(b []byte, found func(stamp)) {
	if len(t.held) > 0 {
		b, t.held = append(t.held, b...), nil
	}
	for {
		i := bytes.Index(b, []byte(mark))
		if i < 0 {
			if len(b) > 0 && b[len(b)-1] == mark[0] {
				t.held = append(t.held, mark[0])
			}
			return
		}
		if len(b)-i < stampLen {
			t.held = append(t.held, b[i:]...)
			return
		}
		s, ok := readStamp(b[i:])
		if !ok {
			b = b[i+len(mark):]
			continue
		}
		found(s)
		b = b[i+stampLen:]
	}
}
