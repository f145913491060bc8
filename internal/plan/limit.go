package plan

import "slices"

// fitsOne reports whether one node with SQLite is enough.
func (c *calculation) fitsOne() bool {
	trial := *c
	trial.one, trial.nodes = true, 1
	return len(over(trial.nearest())) == 0
}

// over returns the limits that are passed, of limits in their order.
func over(limits []Limit) []Limit {
	n := 0
	for n < len(limits) && limits[n].Share > 1 {
		n++
	}
	return limits[:n]
}

// nearest returns the limits, the one that is reached first before the others.
func (c *calculation) nearest() []Limit {
	limits := c.limitsOfCluster
	if c.one {
		limits = c.limitsOfOne
	}
	all := limits()
	slices.SortStableFunc(all, func(a, b Limit) int {
		switch {
		case a.Share > b.Share:
			return -1
		case a.Share < b.Share:
			return 1
		}
		return 0
	})
	return all
}

func (c *calculation) limitsOfOne() []Limit {
	busy := c.f.value("busy") / 100
	return []Limit{
		{"streams of a node", c.streams / c.f.value("streams-per-node"), "several nodes on PostgreSQL and NATS"},
		{"cores of a node", c.work() / c.usable("cores"), "more cores (--set cores=N), or several nodes on PostgreSQL and NATS"},
		{"sends that one SQLite file takes", c.sends / (c.sqliteRate() * busy), "more sends in a request (bulk), or PostgreSQL"},
		{"size of the SQLite file", c.file() / c.f.value("sqlite-file"), "a shorter retention, or PostgreSQL"},
	}
}

func (c *calculation) limitsOfCluster() []Limit {
	return []Limit{
		{"a node hears all sends", c.hearing() / c.usable("cores"), "more sends in a request, or several clusters with a part of the people each: more nodes do not help"},
		{"cores of PostgreSQL", c.databaseWork() / c.usable("database-cores"), "more sends in a request, a larger machine, or several clusters with a part of the people each"},
		{"disk of PostgreSQL", c.disk() / c.f.value("database-disk"), "a shorter retention, a larger disk, or several clusters with a part of the people each"},
		{"connections of PostgreSQL", c.connections() / c.f.value("database-connections"), "fewer for each node (pool_max_conns in BELFRY_DATABASE_URL), or PgBouncer"},
		{"cores of one NATS server", c.busWork() / c.usable("bus-cores"), "a NATS cluster, its servers sharing the nodes"},
		{"bytes out of one NATS server", c.busBytes() / c.f.value("bus-bandwidth"), "a NATS cluster, its servers sharing the nodes"},
	}
}
