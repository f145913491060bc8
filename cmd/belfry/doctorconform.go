package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/belfryhq/belfry/internal/conformance"
)

// key is the API key that a client command with the same settings shows.
func (c *doctorCmd) key() (string, error) {
	k := appKey{c.RemoteKey, c.APIKeys}
	return k.reveal()
}

// conform runs the cases of the wire contract; it fails when one of them does.
func (c *doctorCmd) conform(ctx context.Context, p *program) error {
	key, err := c.key()
	if err != nil {
		return err
	}
	sums := map[conformance.Outcome]int{}
	var written error
	start := time.Now()
	err = conformance.Run(ctx, conformance.Target{URL: string(c.Conformance), APIKey: key, JWTSecret: c.JWTSecret.Reveal()}, func(r conformance.Result) {
		sums[r.Outcome]++
		if e := c.reportCase(p, &r); e != nil {
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

// reportCase writes one result; for people, those that passed take one line.
func (c *doctorCmd) reportCase(p *program, r *conformance.Result) error {
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
