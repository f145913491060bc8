package crashtest_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/fakegmail"
)

// withMail has the nodes of a herd that is not yet open send mail by one fake.
func (h *herd) withMail(t *testing.T, seed uint64, scenario string) *mailRun {
	t.Helper()
	r := &mailRun{dir: h.dir, rand: rand.New(rand.NewPCG(seed, 0)), acked: map[string]string{}}
	r.fake, r.settings = fakeMail(t, h.dir, fakegmail.Options{
		Addr: h.at + ":0", Names: []string{h.at}, Scenario: fakegmail.MustScenario(scenario), Watch: r.watch,
	})
	categories(t, h.dir, "once: {email: {policy: at_most_once}}\n")
	h.settings = append(h.settings, r.settings...)
	return r
}

// passTime lets the quarter of an hour pass for which the mails are held that somebody took and has not ended, and what others wait for.
func (h *herd) passTime(t *testing.T) {
	t.Helper()
	if _, err := h.postgres.SQL("postgres", `UPDATE belfry.deliveries SET due=0 WHERE state='queued'`); err != nil {
		t.Fatal(err)
	}
}

// deliver ends what is still held by nodes that are gone: time passes, and a node that starts looks.
func (h *herd) deliver(t *testing.T, r *mailRun) (twice, ambiguous int) {
	t.Helper()
	began := time.Now()
	for i := 0; ; i++ {
		h.passTime(t)
		n := i % len(h.nodes)
		h.end(t, n)
		p := h.start(t, n)
		for range 40 {
			if empty, _ := r.empty(t, p); empty {
				return r.audit(t, p)
			}
			<-time.After(25 * time.Millisecond)
		}
		if _, left := r.empty(t, p); time.Since(began) > 3*patience {
			t.Fatalf("mail is left: %s\n%s", left, h.say())
		}
	}
}

// empty says whether no mail is queued any more, nor to be tried again.
func (r *mailRun) empty(t *testing.T, p *process) (bool, string) {
	t.Helper()
	found, err := p.unsettled(t.Context())
	again := slices.DeleteFunc(found, func(d delivery) bool {
		return d.State == "ambiguous" && d.NextAttemptAt == nil
	})
	return err == nil && len(again) == 0, fmt.Sprintf("%+v %v", again, err)
}
