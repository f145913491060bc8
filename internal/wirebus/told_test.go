package wirebus_test

import (
	"bytes"
	"testing"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/wirebus"
)

func TestTold(t *testing.T) {
	t.Parallel()
	for _, message := range [][]byte{{}, {0}, bytes.Repeat([]byte{7, 0, 255}, belfry.MaxPeerMessage/3)} {
		packed, err := wirebus.PackTold("node", message)
		if err != nil {
			t.Fatal(err)
		}
		got, err := wirebus.UnpackTold(packed)
		if err != nil || got.From != "node" || !bytes.Equal(got.Message, message) {
			t.Errorf("%d bytes came back as %d from %q, %v", len(message), len(got.Message), got.From, err)
		}
	}
	if _, err := wirebus.PackTold("node", make([]byte, belfry.MaxPeerMessage+1)); err == nil {
		t.Error("what is too big is packed")
	}
	for _, bad := range [][]byte{nil, {9, 1, 'a'}, {1, 200}, {1, 4, 'a'}} {
		if got, err := wirebus.UnpackTold(bad); err == nil {
			t.Errorf("%v is read as %v", bad, got)
		}
	}
}

// FuzzUnpackTold: whatever arrives is refused, or read and packed again the same.
func FuzzUnpackTold(f *testing.F) {
	packed, err := wirebus.PackTold("node", []byte("message"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(packed)
	f.Fuzz(func(t *testing.T, b []byte) {
		told, err := wirebus.UnpackTold(b)
		if err != nil || len(told.Message) > belfry.MaxPeerMessage {
			return
		}
		again, err := wirebus.PackTold(told.From, told.Message)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := wirebus.UnpackTold(again); err != nil || got.From != told.From || !bytes.Equal(got.Message, told.Message) {
			t.Fatalf("%v came back as %v, %v", told, got, err)
		}
	})
}
