package fakegmail

import (
	"fmt"
	"strconv"
	"strings"
)

// early is what is answered to content that comes too early.
func (c *conn) early() (Answer, bool) {
	switch {
	case !c.mail.begun:
		return Answer{503, "5.5.1", "MAIL first."}, true
	case len(c.mail.to) == 0:
		return Answer{503, "5.5.1", "RCPT first."}, true
	}
	return Answer{}, false
}

func (c *conn) data() error {
	if a, is := c.early(); is {
		return c.say(a)
	}
	if c.mail.chunks {
		return c.say(Answer{503, "5.5.1", "BDAT has begun."})
	}
	good, err := c.reach(AtData, c.ok(354, "", "Go ahead"))
	if err != nil {
		return err
	}
	if !good {
		c.mail = transaction{}
		return nil
	}
	if err := c.readDots(); err != nil {
		return err
	}
	return c.dot("DATA")
}

// bdat reads a chunk before it answers: even one that is refused must be read.
func (c *conn) bdat(arg string) error {
	words := strings.Fields(strings.ToUpper(arg))
	if len(words) == 0 || len(words) > 2 || len(words) == 2 && words[1] != "LAST" {
		return orElse(c.say(Answer{501, "5.5.4", "Syntax error in BDAT, closing connection."}), errEnd)
	}
	n, err := strconv.Atoi(words[0])
	if err != nil || n < 0 || !c.offers("CHUNKING") {
		return orElse(c.say(Answer{501, "5.5.4", "BDAT is not possible, closing connection."}), errEnd)
	}
	if a, is := c.early(); is {
		if err := c.skip(n); err != nil {
			return err
		}
		return c.say(a)
	}
	var a Answer
	refused := false
	if !c.mail.chunks {
		c.mail.chunks = true
		v := c.judge(AtData)
		if err := c.pause(v.wait); err != nil {
			return err
		}
		if v.deed == dropping || v.deed == hanging {
			return c.drop(v.reset)
		}
		if v.deed == answering {
			a, refused = v.answer, !v.answer.good()
		}
	}
	if err := c.readChunk(n); err != nil {
		return err
	}
	switch {
	case refused:
		c.mail = transaction{}
		return c.say(a)
	case len(words) == 2:
		return c.dot("BDAT")
	default:
		return c.say(c.ok(250, "2.0.0", fmt.Sprintf("%d octets received", n)))
	}
}

// skip reads a chunk that belongs to no mail.
func (c *conn) skip(n int) error {
	_, err := c.r.Discard(n)
	return noEOF(err)
}

func (c *conn) readChunk(n int) error {
	for range n {
		ch, err := c.contentByte()
		if err != nil {
			return noEOF(err)
		}
		c.take(ch)
	}
	return nil
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
