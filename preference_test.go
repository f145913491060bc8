package belfry_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/belfryhq/belfry"
)

func TestPreferencesAllow(t *testing.T) {
	t.Parallel()
	p := belfry.Preferences{
		"*":              {belfry.Email: false},
		"order":          {belfry.Email: true, belfry.InApp: false},
		"order.assigned": {belfry.InApp: true},
		"chat.room":      {},
	}
	for _, row := range []struct {
		why      string
		p        belfry.Preferences
		category string
		ch       belfry.Channel
		priority belfry.Priority
		want     bool
	}{
		{"nothing is said at all", nil, "order", belfry.Email, belfry.Normal, true},
		{"the any-category key covers the rest", p, "chat", belfry.Email, belfry.Normal, false},
		{"the any-category key says nothing of the channel", p, "chat", belfry.InApp, belfry.Normal, true},
		{"a category's own key beats the any-category key", p, "order", belfry.Email, belfry.Normal, true},
		{"a key covers what is below", p, "order.late", belfry.InApp, belfry.Normal, false},
		{"and far below", p, "order.late.very.late", belfry.InApp, belfry.Normal, false},
		{"the longest key that says something of the channel wins", p, "order.assigned", belfry.InApp, belfry.Normal, true},
		{"a longer key that says nothing of the channel does not", p, "order.assigned", belfry.Email, belfry.Normal, true},
		{"a key that says nothing falls back", p, "chat.room", belfry.Email, belfry.Normal, false},
		{"a name that begins alike is not covered", p, "orders", belfry.InApp, belfry.Normal, true},
		{"critical ignores all", p, "order", belfry.InApp, belfry.Critical, true},
		{"high does not", p, "order", belfry.InApp, belfry.High, false},
	} {
		if got := row.p.Allow(row.category, row.ch, row.priority); got != row.want {
			t.Errorf("%s: got %v for %s by %s, want %v", row.why, got, row.category, row.ch, row.want)
		}
	}
}

func TestPreferencesMutes(t *testing.T) {
	t.Parallel()
	p := belfry.Preferences{"*": {belfry.InApp: true}, "order": {belfry.Email: false}}
	if p.Mutes(belfry.InApp) || !p.Mutes(belfry.Email) || belfry.Preferences(nil).Mutes(belfry.Email) {
		t.Errorf("got in_app %v, email %v, want email alone muted", p.Mutes(belfry.InApp), p.Mutes(belfry.Email))
	}
	for _, ch := range belfry.Channels() {
		if !(belfry.Preferences{"a": {ch: false}}).Mutes(ch) {
			t.Errorf("%s is not muted by the preference that turns it off", ch)
		}
	}
}

func TestPreferencesValidate(t *testing.T) {
	t.Parallel()
	good := belfry.Preferences{"*": {belfry.InApp: false}, "order.assigned": {belfry.Email: true}, "chat": nil}
	if err := good.Validate(); err != nil {
		t.Errorf("got %v for good ones", err)
	}
	bad := belfry.Preferences{"Order": nil, "a..b": nil, "order": {"sms": true}, "": nil, "order.*": nil}
	want := []string{"categories.", "categories.Order", "categories.a..b", "categories.order.sms", "categories.order.*"}
	for range 20 { // the same each time, though a map has no order
		if diff := cmp.Diff(want, fields(bad.Validate())); diff != "" {
			t.Fatalf("faults (-want +got):\n%s", diff)
		}
	}
	many := belfry.Preferences{}
	for i := range 1001 {
		many[fmt.Sprint("c", i)] = nil
	}
	if got := fields(many.Validate()); len(got) != 1 || got[0] != "categories" {
		t.Errorf("got %q for 1,001 entries, want the fault in categories", got)
	}
}

// fields returns the fields that an error names.
func fields(err error) (names []string) {
	var e *belfry.Error
	if errors.As(err, &e) {
		for _, f := range e.Fields {
			names = append(names, f.Field)
		}
	}
	return names
}
