package storetest

import (
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/belfryhq/belfry"
)

// revoke revokes and compares what is remembered of it. What has expired may be gone or not.
func (w *twin) revoke() {
	r := belfry.Revocation{User: w.user(), TokenID: rapid.SampledFrom([]string{"", "7"}).Draw(w.T, "token"), At: w.now}
	if w.flip("expires") {
		r.ExpiresAt = w.now.Add(time.Second)
	}
	w.ok("revoke", w.store.Revoke(w.t.Context(), r))
	w.ok("the model's revoke", w.model.Revoke(w.t.Context(), r))
	got, err := w.store.Revoked(w.t.Context(), time.Time{})
	w.ok("revoked", err)
	want, err := w.model.Revoked(w.t.Context(), time.Time{})
	w.ok("the model's revoked", err)
	w.same("what is revoked", w.inForce(got), w.inForce(want))
}

func (w *twin) inForce(all []belfry.Revoked) []belfry.Revoked {
	all = slices.DeleteFunc(all, func(r belfry.Revoked) bool { return r.Over(w.now) })
	slices.SortFunc(all, func(a, b belfry.Revoked) int { return slices.Compare(a.Hash[:], b.Hash[:]) })
	return all
}
