package fakegmail

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// line reads a line and notes it.
func (c *conn) line() (string, error) {
	line, err := c.secret()
	if err == nil {
		c.note(Client, masked(line))
	}
	return line, err
}

// secret reads a line of at most 12 kB.
func (c *conn) secret() (string, error) {
	const longest = 12 << 10 // an XOAUTH2 token may have that
	if err := c.way.SetReadDeadline(time.Now().Add(idle)); err != nil {
		return "", err
	}
	var b strings.Builder
	for b.Len() < longest {
		ch, err := c.r.ReadByte()
		if err != nil {
			return "", err
		}
		if ch == '\n' {
			return strings.TrimSuffix(b.String(), "\r"), nil
		}
		b.WriteByte(ch)
	}
	return "", orElse(c.say(Answer{500, "5.5.2", "Line too long, closing connection."}), errEnd)
}

// say writes an answer. After a 421, and where the text says so, the server closes.
func (c *conn) say(a Answer) error {
	for _, line := range a.lines() {
		c.note(Reply, line)
	}
	if err := c.write([]byte(strings.Join(a.lines(), "\r\n") + "\r\n")); err != nil {
		return err
	}
	if a.Code == 421 || a.Enhanced == "4.4.2" {
		return errEnd
	}
	return nil
}

func (c *conn) write(b []byte) error {
	if err := c.way.SetWriteDeadline(time.Now().Add(idle)); err != nil {
		return err
	}
	for len(b) > 0 {
		n, err := c.room("out", c.out, len(b))
		if err != nil {
			return err
		}
		if c.rules.pace > 0 {
			n = 1
			if err := c.pause(c.rules.pace); err != nil {
				return err
			}
		}
		if _, err := c.way.Write(b[:n]); err != nil {
			return err
		}
		c.out += n
		b = b[n:]
	}
	_, err := c.room("out", c.out, 0)
	return err
}

// room returns how many of n bytes may pass at a place before something breaks there, and lets break what is to break at
// once.
func (c *conn) room(place string, passed, n int) (int, error) {
	for i := 0; i < len(c.breaks); i++ {
		b := c.breaks[i]
		switch {
		case b.at != place || b.bytes < passed:
		case b.bytes == passed:
			c.breaks = slices.Delete(c.breaks, i, i+1)
			i--
			c.note(Fault, fmt.Sprintf("at %s %d: %s", place, passed, map[deed]string{stalling: b.wait.String() + " pass", dropping: "the end"}[b.deed]))
			if b.deed == dropping {
				return 0, c.drop(b.reset)
			}
			if err := c.pause(b.wait); err != nil {
				return 0, err
			}
		default:
			n = min(n, b.bytes-passed)
		}
	}
	return n, nil
}

func (c *conn) note(k Kind, text string) { c.s.note(Event{Conn: c.number, Kind: k, Text: text}) }

// A meter reads for a conn, and breaks where that is asked for.
type meter struct{ c *conn }

// Read implements io.Reader.
func (m meter) Read(p []byte) (int, error) {
	n, err := m.c.room("in", m.c.in, len(p))
	if err != nil {
		return 0, err
	}
	n, err = m.c.way.Read(p[:n])
	m.c.in += n
	return n, err
}
