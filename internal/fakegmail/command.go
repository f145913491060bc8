package fakegmail

import (
	"crypto/tls"
	"fmt"
	"net"
	"slices"
	"strings"
)

// greetingName is the name that the server gives itself.
const greetingName = "smtp.gmail.com"

// ok returns an answer with the mark of a session that Gmail's have.
func (c *conn) ok(code int, enhanced, text string) Answer {
	return Answer{code, enhanced, fmt.Sprintf("%s fake-%d.%d - gsmtp", text, c.number, c.mails+1)}
}

// command carries out one command.
func (c *conn) command(line string) error {
	verb, arg, _ := strings.Cut(line, " ")
	switch strings.ToUpper(verb) {
	case "EHLO", "HELO":
		return c.ehlo(strings.ToUpper(verb), arg)
	case "STARTTLS":
		return c.starttls()
	case "AUTH":
		return c.auth(arg)
	case "MAIL":
		return c.mailFrom(arg)
	case "RCPT":
		return c.rcptTo(arg)
	case "DATA":
		return c.data()
	case "BDAT":
		return c.bdat(arg)
	case "RSET":
		c.mail = transaction{}
		_, err := c.reach(AtRset, c.ok(250, "2.1.5", "Flushed"))
		return err
	case "NOOP":
		_, err := c.reach(AtNoop, c.ok(250, "2.0.0", "OK"))
		return err
	case "QUIT":
		_, err := c.reach(AtQuit, c.ok(221, "2.0.0", "closing connection"))
		return orElse(err, errEnd)
	case "VRFY":
		return c.say(c.ok(252, "2.1.5", "Send some mail, I'll try my best"))
	default:
		return c.say(Answer{502, "5.5.1", "Unrecognized command. For more information, go to\n https://support.google.com/a/answer/3221692"})
	}
}

func (c *conn) ehlo(verb, arg string) error {
	if strings.TrimSpace(arg) == "" {
		return orElse(c.say(Answer{501, "5.5.4", "Empty HELO/EHLO argument not allowed, closing connection."}), errEnd)
	}
	c.mail = transaction{}
	usual := Answer{Code: 250, Text: greetingName + " at your service"}
	if verb == "EHLO" {
		peer := c.raw.RemoteAddr().String()
		if host, _, err := net.SplitHostPort(peer); err == nil {
			peer = host
		}
		usual.Text += ", [" + peer + "]\n" + strings.Join(c.offered(), "\n")
	}
	good, err := c.reach(AtEHLO, usual)
	c.hello = c.hello || good
	return err
}

// offered returns what EHLO offers now.
func (c *conn) offered() []string {
	words := []string{fmt.Sprintf("SIZE %d", c.rules.largest()), "8BITMIME"}
	if !c.mayLogin() {
		words = append(words, "STARTTLS")
	} else {
		words = append(words, "AUTH LOGIN PLAIN XOAUTH2 OAUTHBEARER")
	}
	words = append(words, "ENHANCEDSTATUSCODES", "PIPELINING", "CHUNKING", "SMTPUTF8")
	for _, change := range c.rules.offer {
		word := change[1:]
		words = slices.DeleteFunc(words, func(w string) bool { return w == word || strings.HasPrefix(w, word+" ") })
		if change[0] == '+' {
			words = append(words, word)
		}
	}
	return words
}

// mayLogin reports whether a password may be said here.
func (c *conn) mayLogin() bool { return c.private || c.s.opts.TLS == NoTLS }

// offers reports whether EHLO offers a word.
func (c *conn) offers(word string) bool {
	return slices.ContainsFunc(c.offered(), func(w string) bool { return w == word || strings.HasPrefix(w, word+" ") })
}

func (c *conn) starttls() error {
	if !c.offers("STARTTLS") {
		return c.say(Answer{502, "5.5.1", "Unrecognized command."})
	}
	ready := Answer{220, "2.0.0", "Ready to start TLS"}
	if c.rules.inject != "" {
		// In one piece, or the client may take it for the beginning of TLS.
		lines := append(ready.lines(), c.rules.inject)
		for _, line := range lines {
			c.note(Reply, line)
		}
		if err := c.write([]byte(strings.Join(lines, "\r\n") + "\r\n")); err != nil {
			return err
		}
		return c.handshake()
	}
	good, err := c.reach(AtSTARTTLS, ready)
	if err != nil || !good {
		return err
	}
	if c.r.Buffered() > 0 {
		c.note(Fault, "the client spoke before TLS stood")
		return errEnd
	}
	return c.handshake()
}

// version names the TLS version of the connection.
func (c *conn) version() string {
	if way, ok := c.way.(*tls.Conn); ok {
		return tls.VersionName(way.ConnectionState().Version)
	}
	return ""
}
