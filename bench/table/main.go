// Command table measures Belfry and the reference servers with the same client, and writes what came out beside what was to be
// reached. `make bench` runs it from the root of the repository; bench/README.md explains the rows.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "table:", err)
		os.Exit(1)
	}
}

// run measures what the command line asks for, round by round: the figures to compare are those of one round.
func run(ctx context.Context, args []string) error {
	o := options{root: "."}
	flags := flag.NewFlagSet("table", flag.ContinueOnError)
	flags.StringVar(&o.rows, "rows", "", "which rows, separated by spaces; none: all")
	flags.StringVar(&o.peers, "peers", "belfry floor naive nchan 1-node 2-nodes 3-nodes", "which servers")
	flags.IntVar(&o.rounds, "rounds", 3, "how often")
	flags.IntVar(&o.streams, "connections", 0, "streams in each row, instead of its own number")
	flags.IntVar(&o.messages, "messages", 0, "messages in each row, instead of its own number")
	flags.StringVar(&o.sizes, "sizes", "", "the numbers of streams of growth, separated by commas")
	flags.StringVar(&o.quiet, "quiet", "", "how long idle listens, instead of its own time")
	flags.StringVar(&o.out, "out", "bench/RESULTS.md", "where to write")
	if err := flags.Parse(args); err != nil {
		return err
	}
	return o.run(ctx)
}

func (o *options) run(ctx context.Context) error {
	rows, err := o.choose(rows())
	if err != nil {
		return err
	}
	b, err := newBench(ctx, o)
	if err != nil {
		return err
	}
	defer b.remove()
	if err := b.measure(ctx, rows); err != nil {
		return err
	}
	text, err := b.write(ctx, rows)
	if err != nil {
		return err
	}
	if err := os.WriteFile(o.out, []byte(text), 0o644); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(os.Stderr, "wrote %s\n", o.out)
	return errors.Join(b.failures...)
}

// options are the command line.
type options struct {
	root                           string // of the repository
	rows, peers, sizes, quiet, out string
	rounds, streams, messages      int
}

// choose returns the rows asked for, with the numbers asked for.
func (o *options) choose(all []row) ([]row, error) {
	if o.rounds < 1 {
		return nil, fmt.Errorf("%d rounds are none", o.rounds)
	}
	var chosen []row
	names := strings.Fields(o.rows)
	for _, r := range all {
		i := slices.Index(names, r.name)
		if i < 0 && o.rows != "" {
			continue
		}
		if i >= 0 {
			names = slices.Delete(names, i, i+1)
		}
		o.adjust(&r)
		chosen = append(chosen, r)
	}
	if len(names) > 0 {
		return nil, fmt.Errorf("there is no row %s", strings.Join(names, ", "))
	}
	return chosen, nil
}

// adjust puts other numbers into a row; it is then no row of the table, and the result says so.
func (o *options) adjust(r *row) {
	set := func(flag, value string) {
		for _, args := range [][]string{r.args, r.own} {
			if i := slices.Index(args, flag); i >= 0 && value != "" && value != "0" && args[i+1] != value {
				args[i+1], r.adjusted = value, true
			}
		}
	}
	set("-n", fmt.Sprint(o.streams))
	set("-m", fmt.Sprint(o.messages))
	set("--at", o.sizes)
	set("--for", o.quiet)
}
