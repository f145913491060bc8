package fakegmail

import (
	"errors"
	"io"
)

// readDots reads the lines of a DATA up to the dot that stands alone. Only CR LF ends a line: an LF alone before a dot is
// how one mail is smuggled into another.
func (c *conn) readDots() error {
	defer func() { c.breaks = withoutData(c.breaks) }()
	start, cr := true, false // at the start of a line; the last byte was a CR
	for {
		ch, err := c.contentByte()
		if err != nil {
			return noEOF(err)
		}
		if start && ch == '.' {
			end, err := c.afterDot()
			if err != nil || end {
				return err
			}
			start, cr = false, c.endsWithCR()
			continue
		}
		c.take(ch)
		start, cr = cr && ch == '\n', ch == '\r'
	}
}

// afterDot reads what follows a dot at the start of a line: the end of the mail, or a line whose dot was doubled.
func (c *conn) afterDot() (end bool, err error) {
	first, err := c.contentByte()
	if err != nil {
		return false, noEOF(err)
	}
	if first != '\r' {
		c.take(first)
		return false, nil
	}
	second, err := c.contentByte()
	if err != nil {
		return false, noEOF(err)
	}
	if second == '\n' {
		// A break right behind the last byte is a whole mail without an answer.
		_, err := c.room("data", c.mail.wire, 0)
		return true, err
	}
	c.take(first)
	c.take(second)
	return false, nil
}

func (c *conn) endsWithCR() bool {
	d := c.mail.data
	return len(d) > 0 && d[len(d)-1] == '\r'
}

func withoutData(breaks []rule) []rule {
	var rest []rule
	for _, b := range breaks {
		if b.at != "data" {
			rest = append(rest, b)
		}
	}
	return rest
}

// contentByte reads a byte of a mail.
func (c *conn) contentByte() (byte, error) {
	if _, err := c.room("data", c.mail.wire, 0); err != nil {
		return 0, err
	}
	ch, err := c.r.ReadByte()
	c.mail.wire++
	return ch, err
}

// take keeps a byte of a mail; of one that is too large, no more than shows it.
func (c *conn) take(ch byte) {
	d := c.mail.data
	if len(d) > 0 && (d[len(d)-1] == '\r') != (ch == '\n') || len(d) == 0 && ch == '\n' {
		c.mail.bare = true
	}
	if len(d) <= c.rules.largest() {
		c.mail.data = append(d, ch)
	}
}

// noEOF says that an end in the middle of a mail is no end.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
