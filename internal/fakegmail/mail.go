package fakegmail

import (
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
