package server

import (
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/belfryhq/belfry"
)

// tolerable is how wrong a clock may be before it is worth a word: what is off by less is kept right by NTP, or soon will be.
const tolerable = 2 * time.Second

// warnOfSkew says that this machine's clock is wrong, or the database's.
func warnOfSkew(store belfry.Store, logger *slog.Logger) {
	c, ok := store.(belfry.Clock)
	if !ok {
		return
	}
	if skew := c.Skew(); skew.Abs() > tolerable {
		logger.Warn("this machine's clock differs from the database's, which holds; is NTP running on both?", "ahead", skew.Round(time.Millisecond).String())
	}
}

// A skewCollector tells by how much the clocks differ, where there are two.
type skewCollector struct{ store belfry.Store }

func (*skewCollector) skew() *prometheus.Desc {
	return prometheus.NewDesc("belfry_clock_skew_seconds", "By how much this machine's clock is ahead of the database's.", nil, nil)
}

// Describe implements [prometheus.Collector].
func (c *skewCollector) Describe(ch chan<- *prometheus.Desc) { ch <- c.skew() }

// Collect implements [prometheus.Collector].
func (c *skewCollector) Collect(ch chan<- prometheus.Metric) {
	if clock, ok := c.store.(belfry.Clock); ok {
		ch <- prometheus.MustNewConstMetric(c.skew(), prometheus.GaugeValue, clock.Skew().Seconds())
	}
}
