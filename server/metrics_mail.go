package server

import (
	"context"
	"maps"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/deliver"
)

// A mailCollector reads the numbers of mail whenever it is asked.
type mailCollector struct {
	stats    func() deliver.Stats
	accounts func() []belfry.AccountStatus
	queue    belfry.QueueCounter // nil: the store cannot tell
	now      func() time.Time
}

func mailDesc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("belfry_mail_"+name, help, labels, nil)
}

func (*mailCollector) settled() *prometheus.Desc {
	return mailDesc("settled_total", "Ends of attempts at mail, by the state they left it in and its class; queued: to be tried again.", "state", "class")
}

func (*mailCollector) faults() *prometheus.Desc {
	return mailDesc("faults_total", "Attempts at mail that failed, by whose fault it was.", "fault")
}

func (*mailCollector) underWay() *prometheus.Desc {
	return mailDesc("under_way", "Mails being handed over now.")
}

func (*mailCollector) waiting() *prometheus.Desc {
	return mailDesc("waiting_seconds", "How long the mail that is due longest has waited for its turn.")
}

func (*mailCollector) queued() *prometheus.Desc {
	return mailDesc("queued", "Mails in the outbox that are to be sent, now or later, by class.", "class")
}

func (*mailCollector) errors() *prometheus.Desc {
	return mailDesc("store_errors_total", "Calls of the outbox that failed.")
}

func (*mailCollector) parked() *prometheus.Desc {
	return mailDesc("account_parked", "1 while nothing is sent by the account.", "account")
}

func (*mailCollector) quota() *prometheus.Desc {
	return mailDesc("account_quota", "Mails that the account may send in 24 hours; 0: no limit.", "account")
}

func (*mailCollector) quotaLeft() *prometheus.Desc {
	return mailDesc("account_quota_left", "Mails of them that are left; -1: no limit.", "account")
}

func (*mailCollector) sent() *prometheus.Desc {
	return mailDesc("account_sent_total", "Mails sent by the account since the start.", "account")
}

// Describe implements [prometheus.Collector].
func (c *mailCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		c.settled(), c.faults(), c.underWay(), c.waiting(), c.queued(), c.errors(), c.parked(), c.quota(), c.quotaLeft(), c.sent(),
	} {
		ch <- d
	}
}

// Collect implements [prometheus.Collector].
func (c *mailCollector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	count := func(d *prometheus.Desc, value int64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(value), labels...)
	}
	stats := c.stats()
	for end, n := range stats.Settled {
		count(c.settled(), n, string(end.State), end.Class.String())
	}
	for fault, n := range stats.Faults {
		count(c.faults(), n, string(fault))
	}
	gauge(c.underWay(), float64(stats.UnderWay))
	gauge(c.waiting(), stats.Waiting.Seconds())
	count(c.errors(), stats.Errors)
	for class, n := range c.count() {
		gauge(c.queued(), float64(n), class.String())
	}
	now := c.now()
	for _, a := range c.accounts() {
		parked := 0.0
		if a.State == "parked" || now.Before(a.Until) {
			parked = 1
		}
		gauge(c.parked(), parked, a.Name)
		gauge(c.quota(), float64(a.Quota), a.Name)
		gauge(c.quotaLeft(), float64(a.QuotaLeft), a.Name)
		count(c.sent(), a.Sent, a.Name)
	}
}

// count asks the store for the length of its queue; a class without mail has none.
func (c *mailCollector) count() map[belfry.MailClass]int {
	if c.queue == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), pingTimeout)
	defer cancel()
	counted, err := c.queue.QueuedMails(ctx)
	if err != nil {
		return nil // belfry_up says that the store does not answer
	}
	queued := map[belfry.MailClass]int{belfry.Urgent: 0, belfry.Transactional: 0, belfry.Bulk: 0}
	maps.Copy(queued, counted)
	return queued
}
