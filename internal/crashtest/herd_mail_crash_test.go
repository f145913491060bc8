package crashtest_test

import (
	"testing"
	"time"
)

// TestClusterMailCrash kills the node that has mail under way, at each word of its dialogue, CLUSTER_MAIL_CRASHES times (6), by
// MAIL_SEED. What it held is another's when the lease is over: each mail comes once, or is marked as one that may have come twice.
func TestClusterMailCrash(t *testing.T) {
	t.Parallel()
	seed := setting(t, "MAIL_SEED", uint64(time.Now().UnixNano()))
	crashes := int(setting(t, "CLUSTER_MAIL_CRASHES", 6))
	t.Logf("%d crashes, MAIL_SEED=%d", crashes, seed)
	h := newGround(t, seed, loopback, true)
	r := h.withMail(t, seed, "stall=dot:5ms")
	h.open(t)
	at := map[string]int{}
	for n := 0; n < crashes && !t.Failed(); n++ {
		// Who queues mail sends it, and nobody else looks for a minute: the others take over when they have mail themselves.
		i := n % len(h.nodes)
		h.end(t, i)
		at[r.life(t, n, func() *process { return h.start(t, i) })]++
		h.start(t, i)
		h.passTime(t)
	}
	twice, ambiguous := h.deliver(t, r)
	t.Logf("%d sends, %d answered; %d mails on %d connections, %d came twice, %d ambiguous; killed at %v",
		r.sends, len(r.acked), len(r.fake.Messages()), r.fake.Connections(), twice, ambiguous, at)
	if len(r.acked) < 2*crashes {
		t.Errorf("the run was too quiet to show anything: %d answers", len(r.acked))
	}
}
