package letter_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/belfryhq/belfry"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	p := press(t, config(nil))
	rapid.Check(t, func(rt *rapid.T) {
		user := rapid.StringN(1, 255, -1).Draw(rt, "user")
		category := rapid.StringMatching(`[a-z0-9_]{1,20}(\.[a-z0-9_]{1,20}){0,3}`).Draw(rt, "category")
		token := p.Unsubscribe(user, category)
		if strings.ContainsAny(token, "+/=") {
			rt.Fatalf("%s has no place in a path", token)
		}
		gotUser, gotCategory, err := p.ReadUnsubscribe(token)
		if err != nil || gotUser != user || gotCategory != category {
			rt.Fatalf("got %q, %q, error %v, want %q, %q", gotUser, gotCategory, err, user, category)
		}
		raw, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil {
			rt.Fatal(err)
		}
		raw[rapid.IntRange(0, len(raw)-1).Draw(rt, "byte")] ^= byte(1 << rapid.IntRange(0, 7).Draw(rt, "bit"))
		if _, _, err := p.ReadUnsubscribe(base64.RawURLEncoding.EncodeToString(raw)); !errors.Is(err, belfry.ErrNotFound) {
			rt.Fatalf("a token with another bit: got error %v", err)
		}
	})
}

// The length of the category is signed, so a person's name cannot flow into it.
func TestTokensAreOfOnePersonAndOneCategory(t *testing.T) {
	t.Parallel()
	p := press(t, config(nil))
	if p.Unsubscribe("b42", "a") == p.Unsubscribe("42", "ab") {
		t.Error("two people have one token")
	}
	other := config(nil)
	other.Secret = []byte("another secret of the tests")
	for _, token := range []string{"", "x", strings.Repeat("A", 24), strings.Repeat("A", 5000), press(t, other).Unsubscribe("42", "a"), p.Unsubscribe("42", "a") + "\n"} {
		if _, _, err := p.ReadUnsubscribe(token); !errors.Is(err, belfry.ErrNotFound) {
			t.Errorf("%.40q: got error %v", token, err)
		}
	}
}
