package server

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/belfryhq/belfry/internal/auth"
)

// An authCollector reads the numbers of logins whenever it is asked.
type authCollector struct {
	stats   func() auth.Stats
	watched func() int
}

func (*authCollector) inURL() *prometheus.Desc {
	return prometheus.NewDesc("belfry_tokens_in_url_total", "Tokens that stood in an address (?token=), where logs and histories keep them; tickets are better.", nil, nil)
}

func (*authCollector) asked() *prometheus.Desc {
	return prometheus.NewDesc("belfry_auth_url_asked_total", "Requests decided by the back end's word, from the cache or not, by what it says; failed: it does not answer.", []string{"answer"}, nil)
}

func (*authCollector) kept() *prometheus.Desc {
	return prometheus.NewDesc("belfry_auth_url_answers", "Answers of the back end that are remembered, at most 10,000.", nil, nil)
}

func (*authCollector) watching() *prometheus.Desc {
	return prometheus.NewDesc("belfry_stream_logins_watched", "Open streams whose login is looked at again every minute.", nil, nil)
}

// Describe implements [prometheus.Collector].
func (c *authCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- c.inURL()
	ch <- c.asked()
	ch <- c.kept()
	ch <- c.watching()
}

// Collect implements [prometheus.Collector].
func (c *authCollector) Collect(ch chan<- prometheus.Metric) {
	stats := c.stats()
	ch <- prometheus.MustNewConstMetric(c.inURL(), prometheus.CounterValue, float64(stats.TokensInURL))
	for answer, n := range stats.Asked {
		ch <- prometheus.MustNewConstMetric(c.asked(), prometheus.CounterValue, float64(n), answer)
	}
	ch <- prometheus.MustNewConstMetric(c.kept(), prometheus.GaugeValue, float64(stats.Kept))
	ch <- prometheus.MustNewConstMetric(c.watching(), prometheus.GaugeValue, float64(c.watched()))
}
