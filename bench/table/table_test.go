package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/belfryhq/belfry/internal/load"
)

// The programs are tried as `make bench` runs them, with small numbers: the table stands inside its package, because a command has
// no other face.
func TestTable(t *testing.T) {
	t.Parallel()
	// The test cache sees what a test looks at, not what a compiler reads for it.
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "node_modules" {
			return fs.SkipDir
		}
		if ext := filepath.Ext(path); err == nil && (ext == ".go" || ext == ".c" || ext == ".sql") {
			_, err = os.Stat(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "results.md")
	o := options{root: "../..", rows: "fanout idle cluster", peers: "belfry floor naive nchan 1-node 3-nodes", rounds: 2, streams: 20, messages: 20, quiet: "100ms", out: out}
	if err := o.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`Machine: .+, \d+ processors shared with the load, \w+ \S+, go\S+\. Measured: belfry `,
		`\| fanout \| CPU for each delivery \| ≤ 1\.15 × floor \| \S+ · \S+ \| \S+ \| .*at other numbers than the target's`,
		`\| fanout \| CPU for each delivery \| ≤ 1 × nchan \| \S+ · \S+ \| \S+ \|`,
		`\| idle \| connecting, CPU for each stream \| ≤ 1 × naive \| \S+ · \S+ \| \S+ \|`,
		`\| cluster \| deliveries in a second \| ≥ 10000 \| \S+ · \S+ \| \S+ \| .*at other numbers than the target's`,
		`\| 3-nodes \| CPU for each delivery, µs \| \S+ · \S+ \|`,
		`    3-nodes belfry bench bulk -n 20 -m 20 --url URL --url URL --url URL`,
		`    nchan   belfry bench idle -n 20 --for 100ms --peer plain --url URL`,
	} {
		if !regexp.MustCompile(want).Match(text) {
			t.Errorf("no match of %s in\n%s", want, text)
		}
	}
	if strings.Contains(string(text), "not measured") || strings.Contains(string(text), "Failed") {
		t.Errorf("not everything was measured:\n%s", text)
	}
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	report := func(cpu float64) *load.Report { return &load.Report{Cost: &load.Cost{DeliveryCPU: cpu}} }
	r := &row{name: "row"}
	f := delivery()
	b := &bench{options: &options{rounds: 3}, missing: map[string]string{nchan: "nobody installed it"}, reports: map[string]map[string][]*load.Report{"row": {
		belfry: {report(10), nil, report(12)},
		floor:  {report(8), report(1), report(12)},
	}}}
	for name, c := range map[string]struct {
		target       target
		all, verdict string
	}{
		"reached":        {target{times: 10}, "10.0 · 12.0", "reached"},
		"just not":       {target{times: 8}, "10.0 · 12.0", "**not reached**, by 25 %"},
		"at least":       {target{times: 12, atLeast: true}, "10.0 · 12.0", "reached"},
		"at least more":  {target{times: 24, atLeast: true}, "10.0 · 12.0", "**not reached**, by 50 %"},
		"of one round":   {target{times: 1, peer: floor}, "1.25 · 1", "reached"},
		"not to be had":  {target{times: 1, peer: nchan}, "–", "not measured: nobody installed it"},
		"never measured": {target{times: 1, peer: naive}, "–", "not measured"},
	} {
		all := b.ratios(r, &f, &c.target)
		if got := b.verdict(r, &c.target, all); quoted(all) != c.all || got != c.verdict {
			t.Errorf("%s: got %s, %s; want %s, %s", name, quoted(all), got, c.all, c.verdict)
		}
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	o := options{rows: "growth unicast", rounds: 1, streams: 10, sizes: "1,2"}
	got, err := o.choose(rows())
	if err != nil || len(got) != 2 || got[0].name != "unicast" || got[1].name != "growth" || !got[0].adjusted || !got[1].adjusted {
		t.Fatalf("got %+v, %v", got, err)
	}
	if words := strings.Join(append(got[0].args, got[1].args...), " "); words != "unicast -n 10 -m 20000 --senders 16 growth --at 1,2 -m 20000" {
		t.Errorf("got %s", words)
	}
	o.rows = "growth other"
	if _, err := o.choose(rows()); err == nil || !strings.Contains(err.Error(), "no row other") {
		t.Errorf("got %v", err)
	}
	o = options{rounds: 1}
	if all, err := o.choose(rows()); err != nil || len(all) != len(rows()) || all[0].adjusted {
		t.Errorf("got %d rows, %v", len(all), err)
	}
}
