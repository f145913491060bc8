package belfry_test

import (
	"testing"

	"github.com/belfryhq/belfry"
)

func TestScopes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]belfry.Scopes{
		"send": belfry.ScopeSend, "users+send": belfry.ScopeSend | belfry.ScopeUsers, "deliveries+deliveries": belfry.ScopeDeliveries,
		"send+users+deliveries+admin": belfry.ScopeSend | belfry.ScopeUsers | belfry.ScopeDeliveries | belfry.ScopeAdmin,
	} {
		got, err := belfry.ParseScopes(text)
		if err != nil || got != want {
			t.Errorf("%q: got %v, %v; want %v", text, got, err, want)
		}
		if again, err := belfry.ParseScopes(got.String()); err != nil || again != got {
			t.Errorf("%q comes back as %q: %v, %v", text, got, again, err)
		}
	}
	for _, bad := range []string{"", "+", "Send", "send,users", "send+", " send", "root"} {
		if got, err := belfry.ParseScopes(bad); err == nil || got != 0 {
			t.Errorf("%q: got %v, %v; want a refusal", bad, got, err)
		}
	}
	if s := belfry.ScopeSend; !s.May(belfry.ScopeSend) || !s.May(belfry.ScopeSend|belfry.ScopeUsers) || s.May(belfry.ScopeUsers) || s.May(belfry.ScopeAdmin) {
		t.Error("send may send alone")
	}
	if s := belfry.ScopeAdmin; !s.May(belfry.ScopeSend) || !s.May(belfry.ScopeDeliveries) || belfry.Scopes(0).May(belfry.ScopeSend) {
		t.Error("admin may all, and no scope nothing")
	}
}
