package server

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/belfryhq/belfry/internal/auth"
	"github.com/belfryhq/belfry/internal/limit"
)

// A limitCollector reads what was refused, and when keys were used, whenever it is asked.
type limitCollector struct {
	limits *limit.Limiter
	guests *limit.Guests
	keys   func() []auth.KeyUse
}

func (*limitCollector) refused() *prometheus.Desc {
	return prometheus.NewDesc("belfry_limited_total", "Calls that came too often and were refused, by the limit.", []string{"limit"}, nil)
}

func (*limitCollector) open() *prometheus.Desc {
	return prometheus.NewDesc("belfry_guest_connections", "Connections of those who have not shown who they are.", nil, nil)
}

func (*limitCollector) evicted() *prometheus.Desc {
	return prometheus.NewDesc("belfry_guests_evicted_total", "Connections of those that were closed to make room for newer ones.", nil, nil)
}

func (*limitCollector) unheard() *prometheus.Desc {
	return prometheus.NewDesc("belfry_guests_unheard_total", "Connections that were closed before a request had come whole: too slow, too long, or none.", nil, nil)
}

func (*limitCollector) used() *prometheus.Desc {
	return prometheus.NewDesc("belfry_api_key_last_used_timestamp_seconds", "When an API key was last used, by its name; absent when not since the start.", []string{"key"}, nil)
}

// Describe implements [prometheus.Collector].
func (c *limitCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.refused(), c.open(), c.evicted(), c.unheard(), c.used()} {
		ch <- d
	}
}

// Collect implements [prometheus.Collector].
func (c *limitCollector) Collect(ch chan<- prometheus.Metric) {
	for _, k := range limit.Kinds() {
		ch <- prometheus.MustNewConstMetric(c.refused(), prometheus.CounterValue, float64(c.limits.Refused(k)), k.String())
	}
	ch <- prometheus.MustNewConstMetric(c.open(), prometheus.GaugeValue, float64(c.guests.Count()))
	ch <- prometheus.MustNewConstMetric(c.evicted(), prometheus.CounterValue, float64(c.guests.Evicted()))
	ch <- prometheus.MustNewConstMetric(c.unheard(), prometheus.CounterValue, float64(c.guests.Unheard()))
	for _, u := range c.keys() {
		ch <- prometheus.MustNewConstMetric(c.used(), prometheus.GaugeValue, float64(u.At.Unix()), u.Name)
	}
}
