package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// write makes the page of results.
func (b *bench) write(ctx context.Context, rows []row) (string, error) {
	var w strings.Builder
	machine, err := b.machine(ctx)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(&w, "# Results\n\nWritten by `make bench` on %s; [what each row means](README.md). %s\n\n", time.Now().UTC().Format(time.DateOnly), machine)
	fmt.Fprintf(&w, "Each figure stands %d times, one for each round; a ratio is that of two servers in the same round, and the best round counts. Every delivery is checked: a run in which one was lost, doubled or out of order is no measurement.\n\n", b.rounds)
	w.WriteString("| row | what | to reach | rounds | best | |\n|---|---|---|---|---|---|\n")
	for i := range rows {
		b.writeTargets(&w, &rows[i])
	}
	for i := range rows {
		b.writeRow(&w, &rows[i])
	}
	for _, f := range b.failures {
		fmt.Fprintf(&w, "\n**Failed:** %v\n", f)
	}
	return w.String(), nil
}

func (b *bench) writeTargets(w *strings.Builder, r *row) {
	for i := range r.figures {
		f := &r.figures[i]
		for j := range f.targets {
			t := &f.targets[j]
			all, top := b.ratios(r, f, t), "–"
			if len(all) > 0 {
				top = number(best(all, t.atLeast))
			}
			unit := f.unit
			if t.peer != "" {
				unit = ""
			}
			fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s |\n", r.name, f.name, strings.TrimSpace(t.String()+" "+unit), quoted(all), top, b.verdict(r, t, all))
		}
	}
}

// writeRow writes what all servers of a row needed.
func (b *bench) writeRow(w *strings.Builder, r *row) {
	if len(b.present(r)) == 0 {
		return
	}
	fmt.Fprintf(w, "\n## %s\n\n", r.title)
	for _, peer := range b.present(r) {
		fmt.Fprintf(w, "    %-7s belfry %s\n", peer, strings.Join(b.words(r, peer, slices.Repeat([]string{"URL"}, max(nodes(peer), 1))...), " "))
	}
	w.WriteString("\n| server | figure | rounds | best |\n|---|---|---|---|\n")
	for i := range r.figures {
		f := &r.figures[i]
		for _, peer := range b.present(r) {
			all := b.figures(r, f, peer)
			if len(all) == 0 || f.alone && peer != r.main() {
				continue
			}
			fmt.Fprintf(w, "| %s | %s | %s | %s |\n", peer, strings.TrimSuffix(f.name+", "+f.unit, ", "), quoted(all), number(best(all, f.largest)))
		}
	}
	b.writeGrowth(w, r)
}

// writeGrowth writes the sizes themselves, of which the figures are ratios.
func (b *bench) writeGrowth(w *strings.Builder, r *row) {
	for k, report := range b.reports[r.name][belfry] {
		if report == nil || len(report.Growth) == 0 {
			continue
		}
		if k == 0 {
			w.WriteString("\n| round | streams | KiB each | broadcast, µs a delivery | unicast, µs |\n|---|---|---|---|---|\n")
		}
		for _, s := range report.Growth {
			fmt.Fprintf(w, "| %d | %d | %s | %s | %s |\n", k+1, s.Streams, number(s.Memory), number(s.Fanout), number(s.Unicast))
		}
	}
}

// machine says on what it was measured, without a name.
func (b *bench) machine(ctx context.Context) (string, error) {
	version, err := exec.CommandContext(ctx, filepath.Join(b.dir, belfry), "version").Output()
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("Machine: %s, %d processors shared with the load, %s %s, %s. Measured: %s.",
		firstOf("/proc/cpuinfo", "model name"), runtime.NumCPU(), runtime.GOOS, firstOf("/proc/sys/kernel/osrelease", ""), runtime.Version(), strings.TrimSpace(string(version))), nil
}

// firstOf returns the value of the first line of a file that begins so.
func firstOf(name, prefix string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, prefix); ok {
			return strings.TrimSpace(strings.TrimLeft(rest, " \t:"))
		}
	}
	return "unknown"
}
