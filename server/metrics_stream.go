package server

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/belfryhq/belfry/internal/stream"
)

type statsFunc func() stream.Stats

// A streamCollector reads the hub's numbers whenever it is asked.
type streamCollector struct{ stats statsFunc }

// streamNumber is one number of the hub that has no label.
type streamNumber struct {
	name, help string
	kind       prometheus.ValueType
	value      func(*stream.Stats) int64
}

func streamNumbers() []streamNumber {
	const gauge, counter = prometheus.GaugeValue, prometheus.CounterValue
	return []streamNumber{
		{"belfry_stream_connections", "Open streams.", gauge, func(s *stream.Stats) int64 { return s.Connections }},
		{"belfry_stream_jammed", "Parked streams whose socket is full: their readers have stopped, or are slow.", gauge, func(s *stream.Stats) int64 { return s.Jammed }},
		{"belfry_stream_lingering_users", "People whose last stream has ended lately: coming back costs no read of the store.", gauge, func(s *stream.Stats) int64 { return s.Lingering }},
		{"belfry_stream_users", "People with at least one open stream.", gauge, func(s *stream.Stats) int64 { return s.Topics }},
		{"belfry_stream_opened_total", "Streams accepted.", counter, func(s *stream.Stats) int64 { return s.Opened }},
		{"belfry_stream_frames_total", "Events given to streams, of every kind.", counter, func(s *stream.Stats) int64 { return s.Frames }},
		{"belfry_stream_bytes_total", "Bytes handed to the network, before the framing of HTTP.", counter, func(s *stream.Stats) int64 { return s.Bytes }},
		{"belfry_stream_writes_total", "Writes; one may carry several events.", counter, func(s *stream.Stats) int64 { return s.Writes }},
		{"belfry_stream_store_reads_total", "Pages that streams read from the store.", counter, func(s *stream.Stats) int64 { return s.StoreReads }},
		{"belfry_stream_store_errors_total", "Reads of the store that failed.", counter, func(s *stream.Stats) int64 { return s.StoreErrors }},
		{"belfry_stream_holes_total", "Holes in the numbers that rings did not fill in time.", counter, func(s *stream.Stats) int64 { return s.Holes }},
		{"belfry_stream_heartbeats_total", "Heartbeats.", counter, func(s *stream.Stats) int64 { return s.Heartbeats }},
	}
}

func (n *streamNumber) desc() *prometheus.Desc { return prometheus.NewDesc(n.name, n.help, nil, nil) }

func (*streamCollector) transports() *prometheus.Desc {
	return prometheus.NewDesc("belfry_streams", "Open streams that have begun, by who carries them.", []string{"transport"}, nil)
}

func (*streamCollector) resets() *prometheus.Desc {
	return prometheus.NewDesc("belfry_stream_resets_total", "Cursors that could not be continued, by reason.", []string{"reason"}, nil)
}

func (*streamCollector) closes() *prometheus.Desc {
	return prometheus.NewDesc("belfry_stream_closes_total", "Streams that the server ended or refused, by reason.", []string{"reason"}, nil)
}

// Describe implements [prometheus.Collector].
func (c *streamCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, n := range streamNumbers() {
		ch <- n.desc()
	}
	ch <- c.transports()
	ch <- c.resets()
	ch <- c.closes()
}

// Collect implements [prometheus.Collector].
func (c *streamCollector) Collect(ch chan<- prometheus.Metric) {
	stats := c.stats()
	for _, n := range streamNumbers() {
		ch <- prometheus.MustNewConstMetric(n.desc(), n.kind, float64(n.value(&stats)))
	}
	ch <- prometheus.MustNewConstMetric(c.transports(), prometheus.GaugeValue, float64(stats.Parked), "parked")
	ch <- prometheus.MustNewConstMetric(c.transports(), prometheus.GaugeValue, float64(stats.Portable), "portable")
	for reason, n := range stats.Resets {
		ch <- prometheus.MustNewConstMetric(c.resets(), prometheus.CounterValue, float64(n), string(reason))
	}
	for reason, n := range stats.Closes {
		ch <- prometheus.MustNewConstMetric(c.closes(), prometheus.CounterValue, float64(n), string(reason))
	}
}
