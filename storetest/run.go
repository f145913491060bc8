package storetest

import (
	"testing"

	"github.com/belfryhq/belfry"
)

// Run executes the contract of [belfry.Store] on the stores that open returns: each a new and empty one, which open
// closes when its test ends (t.Cleanup; the suite may have closed it before). The subtests run in parallel.
func Run(t *testing.T, open func(t *testing.T) belfry.Store) {
	t.Helper()
	groups := []struct {
		name  string
		rules []rule
	}{
		{"store", storeRules()},
		{"accept", acceptRules()},
		{"decide", decideRules()},
		{"dedupe", dedupeRules()},
		{"idempotency", idempotencyRules()},
		{"retract", retractRules()},
		{"list", listRules()},
		{"changes", changesRules()},
		{"mark", markRules()},
		{"mark all", markAllRules()},
		{"broadcast", broadcastRules()},
		{"muting", mutingRules()},
		{"counts", countsRules()},
		{"people", peopleRules()},
		{"erase", eraseRules()},
		{"credentials", credentialRules()},
		{"revocations", revocationRules()},
		{"secrets", secretRules()},
		{"expire", expireRules()},
		{"prune", pruneRules()},
		{"duties", dutyRules()},
		{"claim", claimRules()},
		{"lease", leaseRules()},
		{"settle", settleRules()},
		{"fold", foldRules()},
		{"cancel", cancelRules()},
		{"deliveries", deliveryRules()},
		{"retry", retryRules()},
		{"mail accounts", accountRules()},
		{"many at once", crowdRules()},
		{"many workers at once", mailCrowdRules()},
		{"size", sizeRules()},
	}
	for _, group := range groups {
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			for _, r := range group.rules {
				t.Run(r.name, func(t *testing.T) {
					t.Parallel()
					r.check(newKit(t, open(t)))
				})
			}
		})
	}
	t.Run("model", func(t *testing.T) {
		t.Parallel()
		checkModel(t, open, nil)
	})
}

// RunMoved plays random histories on stores that open returns, as [Run] does last, and in each of them move is called once: it
// closes the store and returns another that has all that the first had, and that nobody can tell from it.
func RunMoved(t *testing.T, open func(t *testing.T) belfry.Store, move func(*testing.T, belfry.Store) belfry.Store) {
	t.Helper()
	checkModel(t, open, move)
}

// A rule is one sentence of the contract, and what executes it.
type rule struct {
	name  string
	check func(*kit)
}
