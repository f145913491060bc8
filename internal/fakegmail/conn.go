package fakegmail

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
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
	if err := c.raw.SetDeadline(time.Now().Add(idle)); err != nil {
		return err
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
