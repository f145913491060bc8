package main

import "github.com/belfryhq/belfry/internal/load"

// The servers.
const (
	belfry = "belfry"
	floor  = "floor"
	naive  = "naive"
	nchan  = "nchan"
)

// A row is one load on several servers.
type row struct {
	name, title string
	args        []string // of belfry bench
	own         []string // further ones, for Belfry alone
	peers       []string
	figures     []figure
	of          string // whose figures the targets are for; none: Belfry's
	once        bool   // one run has all rounds in it
	adjusted    bool   // its numbers are not those that the targets are meant for
}

// main is the server that the targets are for.
func (r *row) main() string {
	if r.of != "" {
		return r.of
	}
	return belfry
}

// A figure is one number of a report.
type figure struct {
	name, unit string
	of         func(r *load.Report, round int) float64
	alone      bool // known of Belfry alone
	largest    bool // the best is the largest
	targets    []target
}

// A target is what a figure of Belfry is to reach: at most so much, or so many times what another server needs in the same round.
type target struct {
	times   float64
	peer    string // empty: times is the figure itself
	atLeast bool
}

// rows is the table, in the order of its rows.
func rows() []row {
	all := []string{belfry, floor, naive, nchan}
	return []row{
		{
			name: "idle", title: "Idle connections, connecting, heartbeats", peers: []string{belfry, naive, nchan},
			args: []string{"idle", "-n", "10000", "--for", "1s"}, own: []string{"--for", "50s"},
			figures: []figure{
				{name: "resident memory for each stream", unit: "KiB", of: cost(func(c *load.Cost) float64 { return c.Memory }), targets: []target{{times: 1}}},
				{
					name: "connecting, CPU for each stream", unit: "µs", of: cost(func(c *load.Cost) float64 { return c.ConnectCPU }),
					targets: []target{{times: 2, peer: nchan}, {times: 1, peer: naive}},
				},
				{name: "idle with heartbeats each 25 s, CPU of one core", unit: "%", of: cost(func(c *load.Cost) float64 { return c.QuietCPU }), targets: []target{{times: 1}}, alone: true},
			},
		},
		{
			name: "fanout", title: "To everyone, one broadcast at a time", peers: all, args: []string{"fanout", "-n", "10000", "-m", "20"},
			figures: []figure{delivery(target{times: 1.15, peer: floor}, target{times: 1, peer: nchan})},
		},
		{
			name: "burst", title: "To everyone, back to back", peers: all, args: []string{"burst", "-n", "5000", "-m", "100"},
			figures: []figure{delivery(target{times: 0.5, peer: floor})},
		},
		{
			name: "unicast", title: "To one of many", peers: []string{belfry, naive, nchan}, args: []string{"unicast", "-n", "5000", "-m", "20000", "--senders", "16"},
			figures: []figure{delivery(target{times: 90}, target{times: 1.6, peer: naive})},
		},
		{
			name: "bulk", title: "To one of many, 100 in a request", peers: []string{belfry}, args: []string{"bulk", "-n", "5000", "-m", "50000"},
			figures: []figure{
				delivery(target{times: 40}),
				rate(target{times: 15000, atLeast: true}),
			},
		},
		{
			name: "cluster", title: "Several nodes on PostgreSQL and NATS: to one of many, 100 in a request", of: nodes1, peers: []string{nodes1, nodes2, nodes3},
			args:    []string{"bulk", "-n", "3000", "-m", "50000"},
			figures: []figure{delivery(), rate(target{times: 10000, atLeast: true})},
		},
		{
			name: "cluster-fanout", title: "Several nodes on PostgreSQL and NATS: to everyone, one broadcast at a time", of: nodes1, peers: []string{nodes1, nodes2, nodes3},
			args:    []string{"fanout", "-n", "9000", "-m", "20"},
			figures: []figure{delivery(), rate()},
		},
		{
			name: "resume", title: "Resuming, with a million stored", peers: []string{belfry}, args: []string{"resume", "-n", "10000", "-m", "1000000", "--samples", "500"},
			once: true,
			figures: []figure{
				position("near", 0), position("middle", 1), position("far", 2),
				{name: "p99 far back ÷ near the head", of: func(r *load.Report, k int) float64 { return r.Resume[2].Rounds[k].P99 / r.Resume[0].Rounds[k].P99 }, targets: []target{{times: 1.5}}},
			},
		},
		{
			name: "growth", title: "Growth with the number of streams", peers: []string{belfry}, args: []string{"growth", "--at", "2000,5000,10000,18000", "-m", "20000"},
			figures: []figure{
				flat("memory for each stream", func(s load.Size) float64 { return s.Memory }),
				flat("CPU for each delivery of a broadcast", func(s load.Size) float64 { return s.Fanout }),
				flat("CPU for a unicast", func(s load.Size) float64 { return s.Unicast }),
			},
		},
	}
}

// cost reads a cost, which every report here has: the servers are on this machine.
func cost(of func(*load.Cost) float64) func(*load.Report, int) float64 {
	return func(r *load.Report, _ int) float64 {
		if r.Cost == nil {
			return 0
		}
		return of(r.Cost)
	}
}

func delivery(targets ...target) figure {
	return figure{name: "CPU for each delivery", unit: "µs", of: cost(func(c *load.Cost) float64 { return c.DeliveryCPU }), targets: targets}
}

func rate(targets ...target) figure {
	return figure{name: "deliveries in a second", of: func(r *load.Report, _ int) float64 { return r.PerSecond }, targets: targets, largest: true}
}

func position(name string, i int) figure {
	return figure{name: "p99 to the first replayed frame, " + name, unit: "ms", of: func(r *load.Report, k int) float64 { return r.Resume[i].Rounds[k].P99 }, targets: []target{{times: 5}}}
}

// flat compares the dearest number of streams with the cheapest.
func flat(name string, of func(load.Size) float64) figure {
	return figure{name: name + ", dearest ÷ cheapest number", targets: []target{{times: 1.1}}, of: func(r *load.Report, _ int) float64 {
		low, high := of(r.Growth[0]), of(r.Growth[0])
		for _, s := range r.Growth {
			low, high = min(low, of(s)), max(high, of(s))
		}
		return high / low
	}}
}
