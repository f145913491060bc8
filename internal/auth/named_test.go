package auth_test

import (
	"testing"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/auth"
	"github.com/belfryhq/belfry/storetest"
)

func TestKeyNamed(t *testing.T) {
	t.Parallel()
	store := storetest.NewMemory()
	stored := belfry.Key{Name: "stored", Hash: belfry.HashSecret("bf_of-the-store-0123456789")}
	if err := store.AddKey(t.Context(), stored); err != nil {
		t.Fatal(err)
	}
	a, err := auth.New(auth.Config{Store: store, Keys: []auth.NamedKey{{Name: "fixed", Secret: "bf_of-the-settings-0123456789"}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]belfry.SecretHash{"stored": stored.Hash, "fixed": belfry.HashSecret("bf_of-the-settings-0123456789"), "gone": {}} {
		key, ok, err := a.Key(t.Context(), name)
		got := key.Hash
		if err != nil || got != want || ok != (want != belfry.SecretHash{}) {
			t.Errorf("%s: got %x, %v, error %v", name, got, ok, err)
		}
	}
}
