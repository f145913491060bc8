package server

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/belfryhq/belfry"
)

// An intakeCollector tells what stands in the store's intake whenever it is asked.
type intakeCollector struct {
	intake belfry.Intake // nil: the store has none
}

func intakeDesc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("belfry_intake_"+name, help, nil, nil)
}

func (*intakeCollector) waiting() *prometheus.Desc {
	return intakeDesc("waiting", "Sends that apps left in their transactions and that no node has taken in yet, counted up to 10000.")
}

func (*intakeCollector) waits() *prometheus.Desc {
	return intakeDesc("waiting_seconds", "How long the one of them that was left first has waited; 0: none waits.")
}

func (*intakeCollector) refused() *prometheus.Desc {
	return intakeDesc("refused", "Sends left in transactions that were refused within 30 days, counted up to 10000.")
}

// Describe implements [prometheus.Collector].
func (c *intakeCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- c.waiting()
	ch <- c.waits()
	ch <- c.refused()
}

// Collect implements [prometheus.Collector]. While the store does not answer there are no numbers, and belfry_up says why.
func (c *intakeCollector) Collect(ch chan<- prometheus.Metric) {
	if c.intake == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), pingTimeout)
	defer cancel()
	state, err := c.intake.IntakeState(ctx)
	if err != nil {
		return
	}
	var waits time.Duration
	if !state.Oldest.IsZero() {
		waits = max(0, time.Since(state.Oldest))
	}
	ch <- prometheus.MustNewConstMetric(c.waiting(), prometheus.GaugeValue, float64(state.Waiting))
	ch <- prometheus.MustNewConstMetric(c.waits(), prometheus.GaugeValue, waits.Seconds())
	ch <- prometheus.MustNewConstMetric(c.refused(), prometheus.GaugeValue, float64(state.Refused))
}
