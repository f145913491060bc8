package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/belfryhq/belfry/internal/config"
	"github.com/belfryhq/belfry/internal/conformance"
)

type doctorCmd struct {
	appKey
	config.JWT
	Conformance config.ServerURL `required:"" placeholder:"URL" help:"Hold the server at this address to the wire contract, case by case. It sends to everyone: not for a server that people use."`
	JSON        bool             `help:"Answer in JSON: one line for each case, then the sums."`
}

// Run runs the cases; it fails when one of them does.
func (c *doctorCmd) Run(ctx context.Context, p *program) error {
	key, err := c.reveal()
	if err != nil {
		return err
	}
	sums := map[conformance.Outcome]int{}
	var written error
	start := time.Now()
	err = conformance.Run(ctx, conformance.Target{URL: string(c.Conformance), APIKey: key, JWTSecret: c.JWTSecret.Reveal()}, func(r conformance.Result) {
		sums[r.Outcome]++
		if e := c.report(p, &r); e != nil {
			written = e
		}
	})
	if err == nil {
		err = written
	}
	if err != nil {
		return fmt.Errorf("test %s: %w", c.Conformance, err)
	}
	passed, failed, notRun := sums[conformance.Passed], sums[conformance.Failed], sums[conformance.NotRun]
	if c.JSON {
		err = p.printJSON(map[string]int{"passed": passed, "failed": failed, "not_run": notRun})
	} else {
		p.printf("\n%d passed, %d failed, %d not run, in %v\n", passed, failed, notRun, time.Since(start).Round(time.Millisecond))
	}
	if err == nil && failed > 0 {
		err = fmt.Errorf("%d of %d cases failed at %s", failed, passed+failed, c.Conformance)
	}
	return err
}

// report writes one result; for people, those that passed take one line.
func (c *doctorCmd) report(p *program, r *conformance.Result) error {
	if c.JSON {
		return p.printJSON(map[string]any{"case": r.Name, "outcome": r.Outcome, "detail": r.Detail, "milliseconds": r.Took.Milliseconds()})
	}
	st := green
	switch r.Outcome {
	case conformance.Failed:
		st = red
	case conformance.NotRun:
		st = dim
	case conformance.Passed:
	}
	p.printf("%s %s\n", p.paint(fmt.Sprintf("%-7s", r.Outcome), st), r.Name)
	if r.Outcome != conformance.Passed && r.Detail != "" {
		p.printf("        %s\n", strings.ReplaceAll(strings.TrimSpace(r.Detail), "\n", "\n        "))
	}
	return nil
}
