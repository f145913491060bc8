package belfry_test

import (
	"testing"
	"time"

	"github.com/belfryhq/belfry"
)

func TestFilterMatch(t *testing.T) {
	t.Parallel()
	at := time.Unix(1, 0)
	fresh := belfry.Notification{SeenAt: at}
	read := belfry.Notification{ReadAt: at}
	archived := belfry.Notification{ArchivedAt: at}
	both := belfry.Notification{ReadAt: at, ArchivedAt: at}
	for f, want := range map[belfry.Filter][4]bool{
		belfry.FilterInbox:    {true, true, false, false},
		belfry.FilterUnread:   {true, false, false, false},
		belfry.FilterRead:     {false, true, false, false},
		belfry.FilterArchived: {false, false, true, true},
		belfry.FilterAll:      {true, true, true, true},
	} {
		got := [4]bool{f.Match(&fresh), f.Match(&read), f.Match(&archived), f.Match(&both)}
		if got != want {
			t.Errorf("filter %q: got %v for fresh, read, archived, both; want %v", f, got, want)
		}
	}
}

func TestCountsArithmetic(t *testing.T) {
	t.Parallel()
	a, b := belfry.Counts{Unread: 3, Unseen: 1}, belfry.Counts{Unread: -1, Unseen: 2}
	if got, want := a.Plus(b), (belfry.Counts{Unread: 2, Unseen: 3}); got != want {
		t.Errorf("sum: got %+v, want %+v", got, want)
	}
	if got := a.Plus(b).Minus(b); got != a {
		t.Errorf("sum less the second: got %+v, want %+v", got, a)
	}
}
