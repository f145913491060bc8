package main

import (
	"context"
	"fmt"
	"net/mail"
	"time"

	"github.com/belfryhq/belfry/internal/config"
)

type doctorCmd struct {
	config.Config
	config.Remote
	config.RemoteKey
	SendTo      string           `placeholder:"ADDRESS" help:"Also send a test mail to this address, by each account."`
	Conformance config.ServerURL `placeholder:"URL" help:"Instead of all else, hold the server at this address to the wire contract, case by case. It sends to everyone: not for a server that people use."`
	JSON        bool             `help:"Answer in JSON: one line for each check or case, then the sums."`
}

// Run looks at the settings, the mail accounts, the store and the server, and says of each fault how to mend it. It ends
// with status 2 when a setting cannot be used, with 1 when anything else failed, and with 0 otherwise.
func (c *doctorCmd) Run(ctx context.Context, p *program) error {
	if c.Conformance != "" {
		return c.conform(ctx, p)
	}
	if c.SendTo != "" {
		to, err := mail.ParseAddress(c.SendTo)
		if err != nil {
			return usagef("--send-to: %.100q is not an address; give one like you@example.com", c.SendTo)
		}
		c.SendTo = to.Address
	}
	d := &doctor{p: p, json: c.JSON, began: time.Now()}
	setup := c.checkSettings(d)
	unusable := d.sums[checkFailed] > 0
	c.checkMail(ctx, d, &setup)
	c.checkBell(ctx, d)
	if err := d.finish(); err != nil {
		return err
	}
	failed := d.sums[checkFailed]
	switch {
	case unusable:
		return usagef("%s failed, and serve would not start with these settings", plural(failed, "check"))
	case failed > 0:
		return fmt.Errorf("%s failed", plural(failed, "check"))
	}
	return ctx.Err()
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
