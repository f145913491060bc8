package wirebus_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/wirebus"
)

func rings() []belfry.Ring {
	at := time.Date(2026, 7, 1, 12, 30, 15, 123e6, time.UTC)
	full := belfry.Notification{
		ID: belfry.NewID(at, 7, 9), Category: "order.assigned", Title: "Größe <&> \u2028 \"q\"", Body: "two\nlines 🛎", URL: "/o?a=1&b=2",
		Data: json.RawMessage(`{"a&b":[1,2.5,null]}`), Actor: &belfry.Actor{ID: "7"}, Priority: belfry.Critical, CreatedAt: at, ReadAt: at,
	}
	return []belfry.Ring{
		{User: "ada", Change: belfry.Change{Kind: belfry.Created, Seq: 1 << 40, Notification: full}, Own: belfry.Counts{Unread: 5, Unseen: -3}},
		{User: "bob", Change: belfry.Change{Kind: belfry.Updated, Seq: 2, Notification: full}, Head: belfry.Cursor{Epoch: "3f9a", Seq: 2, Broadcast: 9}},
		{Change: belfry.Change{Kind: belfry.Deleted, Broadcast: 3, Notification: belfry.Notification{ID: full.ID}}, Shared: belfry.Counts{Unread: 1}},
		{User: "ada", Hangup: belfry.Hangup{Reason: belfry.CloseRevoked, Connection: "c-1"}},
		{User: "ada", Mute: true},
	}
}

func unpack(t *testing.T, messages [][]byte) (all []belfry.Ring) {
	t.Helper()
	for _, m := range messages {
		got, err := wirebus.Unpack(m)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, got...)
	}
	return all
}

func TestWhole(t *testing.T) {
	t.Parallel()
	for _, size := range []int{600, 1000, 1 << 20} {
		messages := wirebus.Pack(rings(), size)
		for _, m := range messages {
			if len(m) > size {
				t.Errorf("a message of at most %d has %d bytes", size, len(m))
			}
		}
		if diff := cmp.Diff(rings(), unpack(t, messages)); diff != "" {
			t.Errorf("in messages of %d (-want +got):\n%s", size, diff)
		}
	}
	if got := wirebus.Pack(nil, 100); len(got) != 0 {
		t.Errorf("no ring makes %d messages", len(got))
	}
}

// TestTooBig: what no message holds makes its person's streams ask the store, and nothing around it is lost.
func TestTooBig(t *testing.T) {
	t.Parallel()
	in := rings()
	in[1].Change.Notification.Body = strings.Repeat("long ", 1000)
	want := rings()
	want[1] = wirebus.Doubt("bob")
	if diff := cmp.Diff(want, unpack(t, wirebus.Pack(in, 1000))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCutOff(t *testing.T) {
	t.Parallel()
	message := wirebus.Pack(rings(), 1<<20)[0]
	for n := range message {
		if got, err := wirebus.Unpack(message[:n]); err == nil && len(got) == len(rings()) {
			t.Errorf("%d of %d bytes are a whole message", n, len(message))
		}
	}
	if _, err := wirebus.Unpack(append([]byte{9}, message[1:]...)); err == nil {
		t.Error("a message of another version is read")
	}
}

// FuzzUnpack: whatever arrives is refused or read, and what was read comes back the same.
func FuzzUnpack(f *testing.F) {
	for _, m := range wirebus.Pack(rings(), 600) {
		f.Add(m)
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		got, err := wirebus.Unpack(message)
		if err != nil {
			return
		}
		first := wirebus.Pack(got, 1<<30)
		again, err := wirebus.Unpack(bytes.Join(first, nil))
		if len(got) > 0 && (err != nil || len(again) != len(got)) {
			t.Fatalf("%d rings came back as %d, %v", len(got), len(again), err)
		}
	})
}

func TestNothing(t *testing.T) {
	t.Parallel()
	if got, err := wirebus.Unpack(wirebus.Nothing()); err != nil || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
}
