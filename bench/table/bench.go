package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/belfryhq/belfry/internal/load"
)

// A bench has what it measured so far.
type bench struct {
	*options

	dir      string                               // holds the programs
	reports  map[string]map[string][]*load.Report // by row and server; a round that failed is nil
	missing  map[string]string                    // servers that are not there, and why
	failures []error
}

// newBench builds the servers.
func newBench(ctx context.Context, o *options) (*bench, error) {
	dir, err := os.MkdirTemp("", "belfry-table-")
	if err != nil {
		return nil, err
	}
	b := &bench{options: o, dir: dir, reports: map[string]map[string][]*load.Report{}, missing: map[string]string{}}
	for _, peer := range strings.Fields(o.peers) {
		if why := has(peer); why != "" {
			b.missing[peer] = why
		}
	}
	for _, words := range [][]string{
		{"go", "build", "-trimpath", "-o", filepath.Join(dir, belfry), "./cmd/belfry"},
		{"go", "build", "-trimpath", "-o", filepath.Join(dir, naive), "./bench/naive"},
		{"go", "build", "-trimpath", "-o", filepath.Join(dir, nats), "github.com/nats-io/nats-server/v2"},
		{"cc", "-O2", "-o", filepath.Join(dir, floor), "bench/floor/floor.c"},
	} {
		cmd := exec.CommandContext(ctx, words[0], words[1:]...)
		cmd.Dir, cmd.Env = o.root, append(os.Environ(), "CGO_ENABLED=0") // as belfry is shipped
		if out, err := cmd.CombinedOutput(); err != nil {
			b.remove()
			return nil, fmt.Errorf("%s: %w\n%s(run it from the root of the repository)", strings.Join(words, " "), err, out)
		}
	}
	return b, nil
}

// remove takes away what newBench made; a temporary folder that stays is no failure.
func (b *bench) remove() { _ = os.RemoveAll(b.dir) }

// measure runs all rounds. What fails is noted, and the rest goes on.
func (b *bench) measure(ctx context.Context, rows []row) error {
	for round := range b.rounds {
		for i := range rows {
			r := &rows[i]
			if r.once && round > 0 {
				continue
			}
			for _, peer := range b.present(r) {
				b.say("round %d of %d: %s, %s", round+1, b.rounds, r.name, peer)
				report, err := b.one(ctx, r, peer)
				if ctx.Err() != nil {
					return ctx.Err()
				}
				if err != nil {
					b.failures = append(b.failures, fmt.Errorf("%s, %s, round %d: %w", r.name, peer, round+1, err))
					b.say("%v", err)
				}
				if b.reports[r.name] == nil {
					b.reports[r.name] = map[string][]*load.Report{}
				}
				b.reports[r.name][peer] = append(b.reports[r.name][peer], report)
			}
		}
	}
	return nil
}

// present are the servers of a row that are asked for, and there.
func (b *bench) present(r *row) []string {
	var there []string
	for _, peer := range r.peers {
		if slices.Contains(strings.Fields(b.peers), peer) && b.missing[peer] == "" {
			there = append(there, peer)
		}
	}
	return there
}

func (b *bench) say(format string, args ...any) {
	_, _ = fmt.Fprintf(os.Stderr, format+"\n", args...)
}

// words is the command that measures a server in a row.
func (b *bench) words(r *row, peer string, urls ...string) []string {
	words := append([]string{"bench"}, r.args...)
	if peer != belfry && nodes(peer) == 0 {
		words = append(words, "--peer", "plain")
	}
	if peer != belfry {
		for _, url := range urls {
			words = append(words, "--url", url)
		}
		return words
	}
	for i := 0; i < len(r.own); i += 2 {
		if at := slices.Index(words, r.own[i]); at >= 0 {
			words[at+1] = r.own[i+1]
		}
	}
	if r.once {
		words = append(words, "--rounds", fmt.Sprint(b.rounds))
	}
	return words
}

// one measures one server once. A report with lost deliveries is no measurement.
func (b *bench) one(ctx context.Context, r *row, peer string) (report *load.Report, err error) {
	s := new(server)
	if peer != belfry { // which starts its own
		if s, err = b.start(ctx, peer); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, s.stop()) }()
	}
	cmd := exec.CommandContext(ctx, filepath.Join(b.dir, belfry), append(b.words(r, peer, s.urls...), "--json")...)
	cmd.Env = append(os.Environ(), s.env...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 2 * patience
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%w: %.500s", err, said.String())
	}
	report = new(load.Report)
	if err := json.Unmarshal(out.Bytes(), report); err != nil {
		return nil, err
	}
	return report, report.Sound()
}
