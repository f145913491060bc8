package plan

import "math"

// A Line is one result, and how it came about.
type Line struct {
	Part  string  `json:"part"`
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"` // as in [Figure]; B are bytes
	How   string  `json:"how"`
}

// A Limit is something of which there is so much and no more.
type Limit struct {
	Name  string  `json:"name"`
	Share float64 `json:"share"` // of it that is used: above 1, the load does not fit
	Mend  string  `json:"mend"`  // what to do when it is reached
}

// A Plan is the answer. Where one cluster cannot be large enough, it is that of each of several, among which the people are divided.
type Plan struct {
	Asked    Load     `json:"asked"`
	Single   bool     `json:"single"`    // one node with SQLite is enough
	Clusters int      `json:"clusters"`  // 1: all people in one
	Nodes    int      `json:"nodes"`     // of each, with those to spare
	TooSmall []Limit  `json:"too_small"` // why one cluster does not do; none: it does
	Lines    []Line   `json:"lines"`     // of each
	Limits   []Limit  `json:"limits"`    // of each, the nearest first
	Figures  []Figure `json:"figures"`
}

// mostClusters is where a plan gives up: what does not fit then, never does.
const mostClusters = 1000

// New calculates a plan. The load must be valid, see [Load.Validate].
func New(asked Load, figures Figures) *Plan {
	p := &Plan{Clusters: 1, TooSmall: []Limit{}, Asked: asked, Figures: figures.All()}
	c := newCalculation(asked, figures)
	c.one = !asked.Cluster && c.fitsOne()
	c.nodes = c.count()
	if p.TooSmall = over(c.nearest()); len(p.TooSmall) > 0 {
		for n := 2; n <= mostClusters; n++ {
			part := newCalculation(asked.divided(n), figures)
			if part.nodes = part.count(); len(over(part.nearest())) == 0 {
				c, p.Clusters = part, n
				break
			}
		}
	}
	for _, write := range []func(){c.writeStreams, c.writeNodes, c.writeDatabase, c.writeBus, c.writeNetwork, c.writeMail} {
		write()
	}
	p.Single, p.Nodes, p.Lines, p.Limits = c.one, int(c.nodes), c.lines, c.nearest()
	return p
}

// A calculation holds what the parts of a plan share. Rates are in a second, at the peak.
type calculation struct {
	Load
	f     Figures
	one   bool    // one node with SQLite
	nodes float64 // with those to spare
	lines []Line

	streams    float64
	sends      float64
	deliveries float64 // of what is for one person
	visits     float64
	mails      float64
	beats      float64
	looks      float64 // in a cluster
}

func newCalculation(asked Load, figures Figures) *calculation {
	c := &calculation{Load: asked, f: figures}
	c.streams = c.Connected * c.Streams
	c.sends = c.PerSecond * c.Peak
	c.deliveries = c.sends * c.Connected / c.People * c.Streams
	c.visits = c.People * c.Visits / day * c.Peak
	c.mails = c.sends * c.Mail
	c.beats = c.streams / c.Heartbeat.Seconds()
	c.looks = c.streams / figures.value("look-interval")
	return c
}

// usable returns how many of a machine's cores may be busy.
func (c *calculation) usable(cores string) float64 { return c.f.value(cores) * c.f.value("busy") / 100 }

// cores returns how many cores so many in a second keep busy.
func (c *calculation) cores(rate float64, figure string) float64 {
	return rate * c.f.value(figure) / 1e6
}

// together returns the cost of one send, of which some come in one request.
func (c *calculation) together(figure string) float64 {
	return between(c.f.value(figure), c.f.value(figure+"-bulk"), c.Batch)
}

// kept returns how many notifications are stored at a time.
func (c *calculation) kept() float64 { return c.PerSecond * c.Retention.Seconds() }

func up(x float64) float64 { return math.Ceil(x - 1e-9) }
