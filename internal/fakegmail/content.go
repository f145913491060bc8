package fakegmail

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

// dot decides over a whole mail.
func (c *conn) dot(by string) error {
	if _, err := c.room("data", c.mail.wire, 0); err != nil {
		return err
	}
	c.breaks = withoutData(c.breaks)
	m := Message{Conn: c.number, User: c.user, From: c.mail.from, To: c.mail.to, Params: c.mail.params, Data: c.mail.data, By: by, TLS: c.version()}
	usual := c.ok(250, "2.0.0", "OK ")
	switch {
	case len(c.mail.data) > c.rules.largest():
		usual = answer("too-large-content")
	case c.mail.bare || c.endsWithCR():
		usual = Answer{550, "5.6.11", "There is a CR or an LF alone in the message."}
	}
	v := c.judge(AtDot)
	if v.deed == answering {
		usual = v.answer
	}
	if usual.good() && v.deed != dropping {
		if err := c.s.keep(m); err != nil {
			c.note(Fault, "keep the mail: "+err.Error())
			usual = Answer{452, "4.3.1", "Insufficient system storage."}
		} else {
			c.rules.sent(c.user, c.s.now())
			c.mails++
		}
	}
	c.mail = transaction{}
	if err := c.pause(v.wait); err != nil {
		return err
	}
	if v.deed == dropping || v.deed == losing {
		return c.drop(v.reset)
	}
	err := c.say(usual)
	if v.deed == hanging {
		return orElse(err, errEnd)
	}
	return err
}
