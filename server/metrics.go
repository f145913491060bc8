package server

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are kept in a registry of their own, so that several Servers in one process do not meet.
type metrics struct {
	handler  http.Handler
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

func newMetrics(stats statsFunc, ping pingFunc, mail *mailCollector, intake *intakeCollector, limits *limitCollector, auth *authCollector, peers *peersCollector, skew *skewCollector, version string) *metrics {
	registry := prometheus.NewRegistry()
	m := &metrics{
		handler: promhttp.HandlerFor(registry, promhttp.HandlerOpts{Registry: registry}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "belfry_http_requests_total", Help: "Requests answered, by route pattern and status; streams when they end.",
		}, []string{"method", "route", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "belfry_http_request_duration_seconds", Help: "How long requests took, without streams.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"method", "route"}),
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "belfry_build_info", Help: "1, with the version as a label.",
	}, []string{"version"})
	build.WithLabelValues(version).Set(1)
	registry.MustRegister(m.requests, m.duration, build, &streamCollector{stats}, &pingCollector{ping}, mail, intake, limits, auth, peers, skew,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// streamRoute is the one route whose duration says how long a page was open.
const streamRoute = "/api/v1/notifications/sse/stream"

// observe counts a request. No label takes a word of the client's: their number would have no bound.
func (m *metrics) observe(method, route string, status int, took time.Duration) {
	if route == "" {
		route = "none"
	}
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
	default:
		method = "other"
	}
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	if route != streamRoute {
		m.duration.WithLabelValues(method, route).Observe(took.Seconds())
	}
}

type pingFunc func(context.Context) (store, bus error)

// A pingCollector asks store and bus whenever it is asked.
type pingCollector struct{ ping pingFunc }

// pingTimeout lets a scrape end before the scraper gives up, which by default is after 10 s.
const pingTimeout = 2 * time.Second

func (*pingCollector) up() *prometheus.Desc {
	return prometheus.NewDesc("belfry_up", "1 while the part answers.", []string{"part"}, nil)
}

// Describe implements [prometheus.Collector].
func (c *pingCollector) Describe(ch chan<- *prometheus.Desc) { ch <- c.up() }

// Collect implements [prometheus.Collector].
func (c *pingCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), pingTimeout)
	defer cancel()
	store, bus := c.ping(ctx)
	up := func(part string, err error) {
		value := 1.0
		if err != nil {
			value = 0
		}
		ch <- prometheus.MustNewConstMetric(c.up(), prometheus.GaugeValue, value, part)
	}
	up("store", store)
	up("bus", bus)
}
