package fakegmail

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"
)

// errEnd ends a connection that has nothing more to say.
var errEnd = errors.New("the dialogue is over")

// errBroken ends a connection that the scenario broke.
var errBroken = errors.New("the scenario broke the connection")

// idle is after how long Gmail gives up a silent client.
const idle = 10 * time.Minute

// A conn is one client. It is used by one goroutine alone.
type conn struct {
	s      *Server
	rules  *running
	number int

	raw     net.Conn // the socket
	way     net.Conn // what is spoken over: raw, or TLS on it
	r       *bufio.Reader
	in, out int    // bytes of the dialogue, without what TLS adds
	breaks  []rule // armed ones at a byte of the dialogue

	private bool
	hello   bool
	user    string
	authed  bool
	mails   int // accepted on this connection
	mail    transaction
}

func newConn(s *Server, raw net.Conn, number int, rules *running) *conn {
	c := &conn{s: s, rules: rules, number: number, raw: raw, way: raw}
	c.r = bufio.NewReader(meter{c})
	return c
}

func (c *conn) serve() {
	c.note(Opened, "from "+c.raw.RemoteAddr().String())
	err := c.talk()
	switch {
	case errors.Is(err, errBroken):
		c.note(Closed, "by the scenario")
	case errors.Is(err, errEnd):
		c.linger()
		c.note(Closed, "by the server")
	case errors.Is(err, io.EOF):
		c.note(Closed, "by the client")
	default:
		c.note(Closed, err.Error())
	}
	_ = c.way.Close() // whether it was already closed does not matter
	_ = c.raw.Close()
}

func (c *conn) talk() error {
	if c.s.opts.TLS == Implicit {
		if err := c.handshake(); err != nil {
			return err
		}
	}
	if good, err := c.reach(AtGreeting, c.ok(220, "", greetingName+" ESMTP")); err != nil || !good {
		return orElse(err, errEnd)
	}
	for {
		line, err := c.line()
		if err != nil {
			return err
		}
		if err := c.command(line); err != nil {
			return err
		}
	}
}

func orElse(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// handshake makes the connection private.
func (c *conn) handshake() error {
	v := c.judge(AtTLS)
	if err := c.pause(v.wait); err != nil {
		return err
	}
	if v.deed != 0 {
		return c.drop(v.reset)
	}
	way := tls.Server(c.raw, c.s.tlsConfig())
	if err := way.Handshake(); err != nil {
		return fmt.Errorf("TLS handshake: %w", err)
	}
	c.way, c.private, c.hello = way, true, false
	c.r = bufio.NewReader(meter{c}) // what was read in the clear must not be taken for private
	return nil
}

// reach answers at a stage; carried says whether the command is to be carried out.
func (c *conn) reach(at Stage, usual Answer) (carried bool, err error) {
	v := c.judge(at)
	if err := c.pause(v.wait); err != nil {
		return false, err
	}
	switch v.deed {
	case dropping, losing:
		return false, c.drop(v.reset)
	case answering:
		return v.answer.good(), c.say(v.answer)
	case hanging:
		return false, orElse(c.say(usual), errEnd)
	default:
		return usual.good(), c.say(usual)
	}
}

// judge asks the scenario, and arms what is to break at a byte.
func (c *conn) judge(at Stage) verdict {
	v := c.rules.judge(situation{
		stage: at, conn: c.number, user: c.user, from: c.mail.from, to: c.mail.to, now: c.s.now(),
	})
	c.breaks = append(c.breaks, v.breaks...)
	if v.wait > 0 {
		c.note(Fault, fmt.Sprintf("%s: %v pass", at, v.wait))
	}
	if v.deed != 0 {
		c.note(Fault, string(at)+": "+map[deed]string{
			answering: "another answer", dropping: "no answer", losing: "the answer is lost", hanging: "an answer, and the end",
		}[v.deed])
	}
	return v
}

// drop breaks the connection as a network does, without a word of TLS.
func (c *conn) drop(reset bool) error {
	if tcp, ok := c.raw.(*net.TCPConn); ok && reset {
		_ = tcp.SetLinger(0) // else it closes in order, which is a break too
	}
	_ = c.raw.Close()
	return errBroken
}

// linger ends in order: closing with bytes unread would reset the connection and take the last answer with it.
func (c *conn) linger() {
	if way, ok := c.way.(*tls.Conn); ok {
		_ = way.CloseWrite() // a peer that is gone needs none
	}
	tcp, ok := c.raw.(*net.TCPConn)
	if !ok || tcp.CloseWrite() != nil || tcp.SetReadDeadline(time.Now().Add(5*time.Second)) != nil {
		return
	}
	_, _ = io.Copy(io.Discard, tcp)
}

// pause lets time pass; the server's end ends it.
func (c *conn) pause(d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-c.s.done:
		return errBroken
	}
}

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
