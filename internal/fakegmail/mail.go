package fakegmail

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Gmail's limits.
const (
	mailsPerConnection = 100
	recipientsPerMail  = 100
	largestMail        = 35882577
)

func (s Scenario) largest() int { return otherwise(s.size, largestMail) }

func otherwise(n, usual int) int {
	if n == 0 {
		return usual
	}
	return n
}

// A transaction is a mail on its way in.
type transaction struct {
	begun  bool
	from   string
	to     []string
	params []string
	chunks bool   // BDAT has begun
	data   []byte // so far
	wire   int    // bytes of it read so far, dots and all
	bare   bool   // there is a CR or an LF alone
}

func (c *conn) mailFrom(arg string) error {
	address, params, ok := path(arg, "FROM:")
	usual := c.ok(250, "2.1.0", "OK")
	switch {
	case !c.mayLogin():
		usual = answer("starttls-first")
	case !c.hello:
		usual = Answer{503, "5.5.1", "EHLO/HELO first."}
	case !c.authed:
		usual = answer("auth-required")
	case c.mail.begun:
		usual = Answer{503, "5.5.1", "Nested MAIL command."}
	case !ok:
		usual = Answer{555, "5.5.2", "Syntax error, cannot decode response."}
	case c.mails >= otherwise(c.rules.mails, mailsPerConnection):
		usual = answer("connection-expired")
	default:
		if wrong, is := c.wrongParam(params); is {
			usual = wrong
		} else if !ascii(address) && !slices.Contains(params, "SMTPUTF8") {
			usual = Answer{553, "5.6.7", "The sender address is not ASCII, and MAIL did not say SMTPUTF8."}
		}
	}
	if !usual.good() {
		return c.say(usual)
	}
	c.mail.from = address // rules may ask for it
	good, err := c.reach(AtMail, usual)
	if good {
		c.mail = transaction{begun: true, from: address, params: params}
	}
	return err
}

func (c *conn) wrongParam(params []string) (Answer, bool) {
	for _, p := range params {
		name, value, _ := strings.Cut(p, "=")
		switch strings.ToUpper(name) {
		case "SIZE":
			n, err := strconv.Atoi(value)
			if err != nil {
				return Answer{501, "5.5.4", "SIZE is not a number."}, true
			}
			if n > c.rules.largest() {
				return answer("too-large"), true
			}
		case "BODY":
			if !strings.EqualFold(value, "7BIT") && !strings.EqualFold(value, "8BITMIME") {
				return Answer{501, "5.5.4", "BODY is neither 7BIT nor 8BITMIME."}, true
			}
		case "SMTPUTF8", "AUTH":
		default:
			return Answer{555, "5.5.4", "Unsupported parameter: " + p}, true
		}
	}
	return Answer{}, false
}

func (c *conn) rcptTo(arg string) error {
	address, _, ok := path(arg, "TO:")
	usual := c.ok(250, "2.1.5", "OK")
	at := strings.LastIndexByte(address, '@')
	switch {
	case !c.mail.begun || c.mail.chunks:
		usual = Answer{503, "5.5.1", "MAIL first."}
	case !ok:
		usual = Answer{555, "5.5.2", "Syntax error, cannot decode response."}
	case at < 1 || at == len(address)-1:
		usual = answer("bad-address")
	case !ascii(address) && !slices.Contains(c.mail.params, "SMTPUTF8"):
		usual = Answer{553, "5.6.7", "The recipient address is not ASCII, and MAIL did not say SMTPUTF8."}
	case len(c.mail.to) >= otherwise(c.rules.rcpts, recipientsPerMail):
		usual = answer("too-many-recipients")
	}
	if !usual.good() {
		return c.say(usual)
	}
	c.mail.to = append(c.mail.to, address) // rules may ask for it
	good, err := c.reach(AtRcpt, usual)
	if !good {
		c.mail.to = c.mail.to[:len(c.mail.to)-1]
	}
	return err
}

// path reads FROM:<address> and parameters.
func path(arg, word string) (address string, params []string, ok bool) {
	if len(arg) < len(word) || !strings.EqualFold(arg[:len(word)], word) {
		return "", nil, false
	}
	rest := strings.TrimLeft(arg[len(word):], " ")
	end := strings.IndexByte(rest, '>')
	if !strings.HasPrefix(rest, "<") || end < 0 {
		return "", nil, false
	}
	address = rest[1:end]
	if strings.ContainsFunc(address, func(r rune) bool { return unicode.IsControl(r) || r == ' ' }) {
		return "", nil, false
	}
	return address, strings.Fields(rest[end+1:]), true
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}

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
