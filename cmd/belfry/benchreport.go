package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/belfryhq/belfry/internal/load"
)

// print writes what a load found.
func (c *benchCmd) print(p *program, r *load.Report) error {
	if c.JSON {
		return p.printJSON(r)
	}
	p.printf("%s  %d streams", p.paint(string(r.Mode), bold), r.Streams)
	if r.ConnectSeconds > 0 {
		p.printf(", connected in %v s", r.ConnectSeconds)
	}
	p.printf("\n")
	if r.Due > 0 {
		printDeliveries(p, r)
	}
	printCost(p, r)
	for _, place := range r.Resume {
		for _, l := range place.Rounds {
			p.printf("  %-12s %d replayed, first frame: p50 %v ms, p99 %v ms, longest %v ms\n", place.Name, place.Behind, l.P50, l.P99, l.Max)
		}
	}
	if len(r.Growth) > 0 {
		p.printf("  %12s %12s %22s %22s\n", "streams", "KiB each", "broadcast, µs each", "unicast, µs each")
		for _, s := range r.Growth {
			p.printf("  %12d %12.2f %22.2f %22.2f\n", s.Streams, s.Memory, s.Fanout, s.Unicast)
		}
	}
	if r.Latency != nil && r.Mode != load.Growth {
		printLatency(p, r.Latency)
	}
	return nil
}

func printDeliveries(p *program, r *load.Report) {
	p.printf("  %-12s %d of %d", "delivered", r.Delivered, r.Due)
	if err := r.Sound(); err == nil {
		p.printf(", %s", p.paint("none lost, doubled or out of order", green))
	} else {
		p.printf(", %s", p.paint(fmt.Sprintf("%d lost, %d doubled, %d out of order, %d never sent there", r.Lost, r.Doubled, r.Disordered, r.Foreign), red))
	}
	if r.PerSecond > 0 {
		p.printf(", %.0f a second", r.PerSecond)
	}
	p.printf("\n")
}

func printCost(p *program, r *load.Report) {
	c := r.Cost
	switch {
	case r.Mode == load.Growth || r.Mode == load.Resume:
		return
	case c == nil:
		p.printf("  %-12s not known: the server's process is not on this machine, or cannot be looked at\n", "cost")
		return
	case r.ConnectSeconds > 0:
		p.printf("  %-12s %v KiB a stream, %v MiB in all\n", "memory", c.Memory, c.Resident)
		p.printf("  %-12s %v µs of CPU a stream\n", "connecting", c.ConnectCPU)
	}
	if r.Mode == load.Idle {
		p.printf("  %-12s %v %% of a processor over %v s\n", "idle", c.QuietCPU, r.QuietSeconds)
	}
	if c.DeliveryCPU > 0 {
		p.printf("  %-12s %v µs of CPU a delivery (this client: %v)\n", "delivering", c.DeliveryCPU, c.ClientCPU)
	}
}

// printLatency draws how long deliveries took.
func printLatency(p *program, l *load.Latency) {
	p.printf("  %-12s p50 %v ms, p90 %v ms, p99 %v ms, longest %v ms\n", "latency", l.P50, l.P90, l.P99, l.Max)
	var most int64
	for _, b := range l.Histogram {
		most = max(most, b.Count)
	}
	for _, b := range l.Histogram {
		p.printf("  %12s  %-40s %s\n", fmt.Sprintf("≤ %v ms", b.UpTo), bar(b.Count, most, 40), p.paint(fmt.Sprint(b.Count), dim))
	}
}

// bar is as long as its share of width, in eighths; what is there at all can be seen.
func bar(n, most int64, width int) string {
	if n == 0 {
		return ""
	}
	eighths := max(1, n*int64(width)*8/max(most, 1))
	b := strings.Repeat("█", int(eighths/8))
	if rest := eighths % 8; rest > 0 {
		b += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return b
}

// A progressLine is one line on a person's terminal, written again and again. Elsewhere there is none.
type progressLine struct {
	p     *program
	began time.Time
}

func newProgressLine(p *program) *progressLine { return &progressLine{p: p, began: time.Now()} }

// show returns what a load tells its progress; nil where nobody looks.
func (l *progressLine) show() func(phase string, done, total int64) {
	if !l.p.logTerminal {
		return nil
	}
	return func(phase string, done, total int64) {
		const width = 30
		filled := int(min(done, total) * width / max(total, 1))
		_, _ = fmt.Fprintf(l.p.stderr, "\r\x1b[K%-10s [%s%s] %d of %d, %v", phase, strings.Repeat("=", filled), strings.Repeat(" ", width-filled), done, total,
			time.Since(l.began).Round(time.Second))
	}
}

// clear takes the line away.
func (l *progressLine) clear() {
	if l.p.logTerminal {
		_, _ = fmt.Fprint(l.p.stderr, "\r\x1b[K")
	}
}
