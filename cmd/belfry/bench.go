package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/belfryhq/belfry/internal/config"
	"github.com/belfryhq/belfry/internal/load"
)

// benchTTL is how long the tokens of a bench are good: longer than any takes.
const benchTTL = 6 * time.Hour

type benchCmd struct {
	config.RemoteKey
	config.APIKeys
	config.JWT

	Mode load.Mode `arg:"" optional:"" default:"fanout" enum:"idle,fanout,burst,unicast,bulk,resume,growth" help:"What to do: idle (streams, and nothing else), fanout (to everyone, one at a time), burst (to everyone, back to back), unicast (to one after the other), bulk (the same, 100 in a request), resume (streams that continue in what is stored), growth (fanout and unicast at several numbers of streams)."`

	Servers   []config.ServerURL `name:"url" placeholder:"URL" help:"Load this running server instead of one of its own; given more than once, the nodes of a cluster. It gets thousands of people and notifications, also to everyone: not for a server that people use."`
	Consent   string             `name:"yes-load-this-host" placeholder:"HOST" help:"Say that you may load a server on another machine, by repeating its name."`
	Peer      load.Peer          `default:"belfry" enum:"belfry,plain" help:"What kind of server it is: belfry, or plain (GET /s/TOPIC, POST /p/TOPIC), as those in bench/."`
	PID       []int              `placeholder:"PID" help:"The server's processes; without, those that listen at the URL on this machine."`
	Streams   int                `name:"connections" short:"n" default:"1000" help:"Streams; for resume, people."`
	Messages  int                `short:"m" default:"0" help:"Sends; for resume, how many are stored. 0: what suits the mode."`
	Size      int                `default:"300" help:"Bytes of a payload."`
	Senders   int                `default:"8" help:"How many send at once, where the mode does not say one."`
	Rate      int                `default:"4000" help:"Connections opened in a second."`
	Quiet     time.Duration      `name:"for" default:"10s" help:"How long idle listens."`
	At        []int              `default:"1000,2000,4000" help:"The numbers of streams of growth."`
	Samples   int                `default:"500" help:"Streams that resume continues at each of its three places."`
	Rounds    int                `default:"1" help:"How often resume measures what it has stored."`
	Patience  time.Duration      `name:"timeout" default:"60s" help:"How long what was sent may be on its way."`
	Heartbeat config.Heartbeat   `default:"25s" help:"The heartbeat interval of a server of its own."`
	JSON      bool               `help:"Answer in JSON."`
}

// Run loads a server. It fails when anything was lost, came twice or out of order.
func (c *benchCmd) Run(ctx context.Context, p *program) error {
	if err := c.mayLoad(); err != nil {
		return err
	}
	line := newProgressLine(p)
	options := load.Options{
		Mode: c.Mode, Streams: c.Streams, Messages: c.messages(), Size: c.Size, Senders: c.Senders, Rate: c.Rate, Quiet: c.Quiet,
		Samples: c.Samples, Rounds: c.Rounds, Patience: c.Patience, Progress: line.show(),
	}
	start := c.starter()
	var report *load.Report
	var err error
	if c.Mode == load.Growth {
		report, err = load.Grow(ctx, start, c.At, options)
	} else {
		report, err = c.once(ctx, start, options)
	}
	line.clear()
	if report != nil {
		if e := c.print(p, report); e != nil {
			return e
		}
		err = errors.Join(err, report.Sound())
	}
	return err
}

func (c *benchCmd) once(ctx context.Context, start load.Start, options load.Options) (report *load.Report, err error) {
	target, stop, err := start(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	return load.Run(ctx, target, options)
}

// messages is what suits the mode when nothing is said: a run of some seconds.
func (c *benchCmd) messages() int {
	if c.Messages > 0 {
		return c.Messages
	}
	switch c.Mode {
	case load.Fanout:
		return 20
	case load.Burst:
		return 100
	case load.Bulk:
		return 10000
	case load.Resume:
		return 100 * c.Streams
	case load.Unicast, load.Growth, load.Idle:
	}
	return 2000
}

// mayLoad refuses what could hit somebody else.
func (c *benchCmd) mayLoad() error {
	if len(c.Servers) == 0 {
		if c.Peer != load.Belfry {
			return usagef("--peer: a server of its own is a belfry; give --url for another kind")
		}
		return nil
	}
	for _, server := range c.Servers {
		u, err := url.Parse(string(server))
		if err != nil {
			return usagef("--url: it is not the address of a server; give one like http://127.0.0.1:8000")
		}
		host := u.Hostname()
		if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() || c.Consent == host {
			continue
		}
		return usagef("%s is not this machine, and a load can stop a server; where you may, say so by --yes-load-this-host=%s", host, host)
	}
	return nil
}

// starter says where the server comes from.
func (c *benchCmd) starter() load.Start {
	if len(c.Servers) == 0 {
		return func(ctx context.Context) (load.Target, func() error, error) { return startOwn(ctx, c.Heartbeat) }
	}
	return func(context.Context) (load.Target, func() error, error) {
		t, err := c.given()
		return t, func() error { return nil }, err
	}
}

// given is the server of --url.
func (c *benchCmd) given() (load.Target, error) {
	var nodes []*url.URL
	for _, server := range c.Servers {
		u, err := url.Parse(string(server))
		if err != nil {
			return load.Target{}, err
		}
		nodes = append(nodes, u)
	}
	t := load.Target{URL: nodes[0], More: nodes[1:], Peer: c.Peer, PIDs: c.PID}
	if c.Peer != load.Belfry {
		return t, nil
	}
	keys := appKey{c.RemoteKey, c.APIKeys}
	var err error
	if t.APIKey, err = keys.reveal(); err != nil {
		return t, err
	}
	if t.Token = signer(&c.JWT); c.JWTSecret.Reveal() == "" {
		return t, usagef("people come by tokens signed with BELFRY_JWT_SECRET, and it is not set; set it to the secret of the server")
	}
	return t, nil
}

// signer makes tokens for a bench's people.
func signer(c *config.JWT) func(string) (string, error) {
	expires := time.Now().Add(benchTTL)
	return func(user string) (string, error) {
		token, err := signToken(c, user, expires)
		if err != nil {
			return "", fmt.Errorf("make a token: %w", err)
		}
		return token, nil
	}
}
