package plan_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/belfryhq/belfry/internal/plan"
)

// town is a load that one node bears, and country one that needs a cluster, or several.
func town() plan.Load {
	return plan.Load{
		People: 100_000, Connected: 10_000, Streams: 1.2, PerSecond: 12, Broadcasts: 1, Peak: 5, Batch: 2, Visits: 5, Mail: 0.1, Size: 300,
		Retention: 90 * 24 * time.Hour, Heartbeat: 25 * time.Second,
	}
}

func country(people float64) plan.Load {
	l := town()
	l.PerSecond *= people / l.People
	l.Connected *= people / l.People
	l.People = people
	return l
}

func line(t *testing.T, p *plan.Plan, part, name string) float64 {
	t.Helper()
	for _, l := range p.Lines {
		if l.Part == part && l.Name == name {
			return l.Value
		}
	}
	t.Fatalf("there is no line %s: %s", part, name)
	return 0
}

// The arithmetic, done once more by hand.
func TestByHand(t *testing.T) {
	t.Parallel()
	one := plan.New(town(), plan.Measured())
	many := plan.New(country(5_000_000), plan.Measured())
	if !one.Single || one.Nodes != 1 || many.Single || many.Clusters != 1 || many.Nodes != 7 {
		t.Fatalf("got %v, %d nodes and %v, %d clusters of %d nodes", one.Single, one.Nodes, many.Single, many.Clusters, many.Nodes)
	}
	for _, c := range []struct {
		of         *plan.Plan
		part, name string
		want       float64
	}{
		{one, "streams", "memory", 12_000 * 5550},
		{one, "streams", "deliveries", 12 * 5 * 0.1 * 1.2},
		{one, "SQLite", "rows kept", 12 * 90 * 86400},
		{one, "SQLite", "file", 12*90*86400*(80+1.3*300+0.1*5900) + 100_000*300},
		{one, "nodes", "if a node dies", 2 + 12},
		{one, "mail", "accounts", math.Ceil(12 * 86400 * 0.1 / 2000)},
		{many, "streams", "heartbeats", 600_000 / 25},
		{many, "nodes", "of them hearing, each", 600 * 5 * (12.6 + (40-12.6)/2) / 1e6},
		{many, "PostgreSQL", "looks", 20_000},
		{many, "PostgreSQL", "disk", 600*90*86400*(200+300+0.1*5900) + 5_000_000*300},
		{many, "PostgreSQL", "connections", 7 * 16},
		{many, "NATS", "messages out", 600 * 5 / 2 * 6},
		{many, "NATS", "bytes out", 3000 * 6 * 600},
		{many, "network", "to people", 8 * (3000*0.1*1.2*690 + 24_000*130)},
	} {
		if got := line(t, c.of, c.part, c.name); math.Abs(got-c.want) > 1e-9*c.want {
			t.Errorf("%s: %s: got %v, want %v", c.part, c.name, got, c.want)
		}
	}
}

// Each figure decides something: none is there for show.
func TestEveryFigureCounts(t *testing.T) {
	t.Parallel()
	loads := []plan.Load{town(), country(5_000_000)}
	text := func(f plan.Figures) string {
		var all []string
		for _, l := range loads {
			p := plan.New(l, f)
			p.Figures = nil
			for i := range p.Lines {
				p.Lines[i].How = "" // what is said does not count
			}
			b, err := json.Marshal(p)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, string(b))
		}
		return strings.Join(all, "\n")
	}
	before := text(plan.Measured())
	for _, f := range plan.Measured().All() {
		changed, err := plan.Measured().Set(f.Name + "=0.7")
		if err != nil {
			t.Fatal(err)
		}
		if f.Means == "" || f.From == "" {
			t.Errorf("%s does not say what it is or where it is from", f.Name)
		}
		if f.Name != "ports" && text(changed) == before { // ports decide a remark alone
			t.Errorf("%s changes nothing", f.Name)
		}
	}
}

// What one cluster cannot bear is divided, and then fits; whatever is asked, every number is one.
func TestAnyLoad(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := country(rapid.Float64Range(1, 1e9).Draw(t, "people"))
		l.Batch = rapid.Float64Range(1, 1000).Draw(t, "batch")
		l.Peak = rapid.Float64Range(1, 20).Draw(t, "peak")
		l.Mail = rapid.Float64Range(0, 1).Draw(t, "mail")
		l.Cluster = rapid.Bool().Draw(t, "cluster")
		if err := l.Validate(); err != nil {
			t.Fatal(err)
		}
		p := plan.New(l, plan.Measured())
		if p.Limits[0].Share > 1 && p.Clusters > 1 || (p.Clusters > 1) != (len(p.TooSmall) > 0 && p.Limits[0].Share <= 1) {
			t.Errorf("%d clusters, of which one uses %v of %s", p.Clusters, p.Limits[0].Share, p.Limits[0].Name)
		}
		if p.Single && (p.Nodes != 1 || l.Cluster) || !p.Single && p.Nodes < 2 {
			t.Errorf("single %v with %d nodes", p.Single, p.Nodes)
		}
		for _, x := range p.Lines {
			if !(x.Value >= 0) || math.IsInf(x.Value, 0) {
				t.Errorf("%s: %s is %v", x.Part, x.Name, x.Value)
			}
		}
		for i := 1; i < len(p.Limits); i++ {
			if p.Limits[i].Share > p.Limits[i-1].Share {
				t.Errorf("%s stands before %s", p.Limits[i-1].Name, p.Limits[i].Name)
			}
		}
	})
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*plan.Load){
		"--users": func(l *plan.Load) { l.People = 0 }, "--connected": func(l *plan.Load) { l.Connected = l.People + 1 },
		"--streams": func(l *plan.Load) { l.Streams = math.NaN() }, "--rate": func(l *plan.Load) { l.PerSecond = -1 },
		"--broadcasts": func(l *plan.Load) { l.Broadcasts = math.Inf(1) }, "--peak": func(l *plan.Load) { l.Peak = 0.5 },
		"--batch": func(l *plan.Load) { l.Batch = 1001 }, "--visits": func(l *plan.Load) { l.Visits = -1 }, "--mail": func(l *plan.Load) { l.Mail = 2 },
		"--size": func(l *plan.Load) { l.Size = 0 }, "--retention": func(l *plan.Load) { l.Retention = 0 }, "--heartbeat": func(l *plan.Load) { l.Heartbeat = time.Hour },
	} {
		l := town()
		spoil(&l)
		if err := l.Validate(); err == nil || !strings.HasPrefix(err.Error(), name+": ") || !strings.Contains(err.Error(), "give from") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
