package belfry_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/belfryhq/belfry"
)

func TestCursorHasOneForm(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]belfry.Cursor{
		"3f9a-118-4": {Epoch: "3f9a", Seq: 118, Broadcast: 4},
		"0-0-0":      {Epoch: "0"},
		"abcdefghij012345-9223372036854775807-9223372036854775807": {Epoch: "abcdefghij012345", Seq: math.MaxInt64, Broadcast: math.MaxInt64},
	} {
		if got := c.String(); got != want || len(got+belfry.StopSuffix) >= 64 {
			t.Errorf("got %q, want %q, under 64 bytes with its suffix", got, want)
		}
		if got, err := belfry.ParseCursor(want); err != nil || got != c {
			t.Errorf("%q: got %+v, %v; want %+v", want, got, err, c)
		}
	}
}

func TestParseCursorRefuses(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "-", "--", "3f9a", "3f9a-1", "3f9a-1-", "3f9a--1", "-1-1", "3f9a-1-1-x", "3f9a-1-1-1", "3F9A-1-1", "3f9a-01-1", "3f9a-+1-1", "3f9a--1-1",
		"3f9a-1-1 ", " 3f9a-1-1", "3f9a-1-1\n", "3f9a-1e3-1", "3f9a-0x1-1", "3f9a-9223372036854775808-1", "3f9a-1-9223372036854775808", "3f9a-१-1",
		"abcdefghij0123456-1-1", "é-1-1", strings.Repeat("0", 64), "3f9a-1-\x00",
	} {
		if c, err := belfry.ParseCursor(s); err == nil || !c.IsZero() {
			t.Errorf("%q: got %+v, %v; want an error", s, c, err)
		}
	}
}

func TestCursorAsJSON(t *testing.T) {
	t.Parallel()
	type answer struct {
		Cursor belfry.Cursor `json:"cursor"`
	}
	for want, c := range map[string]belfry.Cursor{`{"cursor":"3f9a-1-2"}`: {Epoch: "3f9a", Seq: 1, Broadcast: 2}, `{"cursor":""}`: {}} {
		b, err := json.Marshal(answer{c})
		if err != nil || string(b) != want {
			t.Errorf("got %s, %v; want %s", b, err, want)
		}
		got := answer{belfry.Cursor{Epoch: "old"}}
		if err := json.Unmarshal(b, &got); err != nil || got.Cursor != c {
			t.Errorf("%s: got %+v, %v; want %+v", b, got.Cursor, err, c)
		}
	}
	if err := json.Unmarshal([]byte(`{"cursor":"1-2"}`), &answer{}); err == nil {
		t.Error("a cursor without an epoch was read")
	}
}

func TestPosition(t *testing.T) {
	t.Parallel()
	want := belfry.Position{Seq: 118, Broadcast: 4}
	for _, s := range []string{"118-4", "3f9a-118-4"} {
		if got, err := belfry.ParsePosition(s); err != nil || got != want {
			t.Errorf("%q: got %+v, %v; want %+v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "-", "118", "118-", "-4", "118-4-", "0118-4", "+1-4", "118--4", "x-4", "118-4-x", "118 -4", "9223372036854775808-1"} {
		if got, err := belfry.ParsePosition(s); err == nil {
			t.Errorf("%q: got %+v, want an error", s, got)
		}
	}
	if got := want.String(); got != "118-4" {
		t.Errorf("got %q, want 118-4", got)
	}
}

// FuzzParseCursor: whatever is read has exactly the form it was read from.
func FuzzParseCursor(f *testing.F) {
	for _, s := range []string{"3f9a-118-4", "3f9a-118-4-x", "", "0-0-0", "a-01-1", "a-9223372036854775807-0", "1-2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if c, err := belfry.ParseCursor(s); err == nil && c.String() != s {
			t.Errorf("%q was read as %q", s, c)
		} else if err == nil && len(s) >= 64 {
			t.Errorf("%q is too long", s)
		}
		p, err := belfry.ParsePosition(s)
		if err == nil && p.String() != s && !strings.HasSuffix(s, "-"+p.String()) {
			t.Errorf("%q was read as %q", s, p)
		}
		if err == nil && (p.Seq < 0 || p.Broadcast < 0) {
			t.Errorf("%q is negative", s)
		}
	})
}
