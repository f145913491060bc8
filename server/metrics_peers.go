package server

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/belfryhq/belfry/internal/peers"
)

// A peersCollector reads what this node knows of the others whenever it is asked; one node alone has nothing to say.
type peersCollector struct{ circle *peers.Circle }

type peersNumber struct {
	name, help string
	kind       prometheus.ValueType
	value      func(*peers.Stats) int64
}

func peersNumbers() []peersNumber {
	const gauge, counter = prometheus.GaugeValue, prometheus.CounterValue
	return []peersNumber{
		{"belfry_cluster_nodes", "Nodes that this one knows of, itself included.", gauge, func(s *peers.Stats) int64 { return s.Nodes }},
		{"belfry_cluster_nodes_missing", "Nodes that have vanished in the last two minutes without a goodbye.", gauge, func(s *peers.Stats) int64 { return s.Missing }},
		{"belfry_cluster_streams", "Open streams on all nodes, as they said last.", gauge, func(s *peers.Stats) int64 { return s.Streams }},
		{"belfry_cluster_questions_total", "Questions that this node asked all others.", counter, func(s *peers.Stats) int64 { return s.Asked }},
		{"belfry_cluster_answers_late_total", "Answers of nodes that did not come in time.", counter, func(s *peers.Stats) int64 { return s.Late }},
	}
}

func (n *peersNumber) desc() *prometheus.Desc { return prometheus.NewDesc(n.name, n.help, nil, nil) }

// Describe implements [prometheus.Collector].
func (*peersCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, n := range peersNumbers() {
		ch <- n.desc()
	}
}

// Collect implements [prometheus.Collector].
func (c *peersCollector) Collect(ch chan<- prometheus.Metric) {
	if c.circle == nil {
		return
	}
	stats := c.circle.Stats()
	for _, n := range peersNumbers() {
		ch <- prometheus.MustNewConstMetric(n.desc(), n.kind, float64(n.value(&stats)))
	}
}
