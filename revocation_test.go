package belfry_test

import (
	"testing"
	"time"

	"github.com/belfryhq/belfry"
)

// Every revocation has a hash of its own, however person and token are cut.
func TestRevocationHash(t *testing.T) {
	t.Parallel()
	seen := map[belfry.SecretHash]belfry.Revocation{}
	for _, r := range []belfry.Revocation{{}, {User: "a"}, {User: "ab"}, {User: "a", TokenID: "b"}, {TokenID: "ab"}, {TokenID: "a"}, {User: "ab", TokenID: "c"}, {User: "a", TokenID: "bc"}} {
		if other, ok := seen[r.Hash()]; ok {
			t.Errorf("%+v and %+v have one hash", r, other)
		}
		seen[r.Hash()] = r
	}
	at := time.Unix(1, 0)
	if (belfry.Revocation{User: "a", At: at}).Hash() != (belfry.Revocation{User: "a", ExpiresAt: at}).Hash() {
		t.Error("times are part of the hash")
	}
}

func TestRevokedIsOver(t *testing.T) {
	t.Parallel()
	at := time.Unix(100, 0)
	if (belfry.Revoked{At: at}).Over(at.AddDate(1000, 0, 0)) {
		t.Error("one without an end is over")
	}
	if r := (belfry.Revoked{At: at, ExpiresAt: at}); r.Over(at.Add(-time.Nanosecond)) || !r.Over(at) {
		t.Error("it is not over at its end exactly")
	}
}
