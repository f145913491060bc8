package membus_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/bustest"
	"github.com/belfryhq/belfry/internal/membus"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestContract(t *testing.T) {
	t.Parallel()
	bustest.Run(t, func(*testing.T) []belfry.Bus { return []belfry.Bus{membus.New()} })
}

// TestRingIsACall: when Ring returns, every listener has been called.
func TestRingIsACall(t *testing.T) {
	t.Parallel()
	b := membus.New()
	heard := 0
	stop, err := b.Listen(func(belfry.Ring) { heard++ })
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	if err := b.Ring(t.Context(), belfry.Ring{User: "ada"}, belfry.Ring{User: "bob"}); err != nil {
		t.Fatal(err)
	}
	if heard != 2 {
		t.Errorf("want 2 calls, got %d", heard)
	}
}

func BenchmarkRing(b *testing.B) {
	bus := membus.New()
	stop, err := bus.Listen(func(belfry.Ring) {})
	if err != nil {
		b.Fatal(err)
	}
	defer stop()
	r := belfry.Ring{User: "ada"}
	b.ReportAllocs()
	for b.Loop() {
		if err := bus.Ring(b.Context(), r); err != nil {
			b.Fatal(err)
		}
	}
}
