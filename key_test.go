package belfry_test

import (
	"encoding/hex"
	"testing"

	"github.com/belfryhq/belfry"
)

func TestHashSecretIsSHA256(t *testing.T) {
	t.Parallel()
	h := belfry.HashSecret("abc")
	const want = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" // FIPS 180-2, appendix B.1
	if got := hex.EncodeToString(h[:]); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
