package plan_test

import (
	"testing"

	"github.com/belfryhq/belfry/internal/plan"
)

func TestQuantities(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{"250000": 250_000, "250k": 250_000, "1.5M": 1.5e6, "2G": 2e9, "0": 0} {
		var q plan.Quantity
		if err := q.UnmarshalText([]byte(text)); err != nil || float64(q) != want {
			t.Errorf("%q: got %v, %v", text, q, err)
		}
	}
	for text, want := range map[string]float64{"10%": 100, "10": 10, "1k": 1000, "100 %": 1000} {
		var p plan.Part
		if err := p.UnmarshalText([]byte(text)); err != nil || p.Of(1000) != want {
			t.Errorf("%q: got %v, %v", text, p.Of(1000), err)
		}
	}
	for text, want := range map[string]float64{"10/d": 10, "500/s": 500} {
		var f plan.Frequency
		if err := f.UnmarshalText([]byte(text)); err != nil || f.Of(86400) != want {
			t.Errorf("%q: got %v, %v", text, f.Of(86400), err)
		}
	}
}

func TestNoQuantities(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "k", "-1", "1e9", "NaN", "Inf", "0x10", "1.2.3", "1km", "10%%", "101%", "10/h", "1/d/d", "１"} {
		if new(plan.Quantity).UnmarshalText([]byte(text)) == nil {
			t.Errorf("%q is taken for a quantity", text)
		}
		if new(plan.Part).UnmarshalText([]byte(text)) == nil {
			t.Errorf("%q is taken for a part", text)
		}
		if new(plan.Frequency).UnmarshalText([]byte(text)) == nil {
			t.Errorf("%q is taken for a rate", text)
		}
	}
}

func FuzzQuantity(f *testing.F) {
	f.Add("1.5M")
	f.Fuzz(func(t *testing.T, text string) {
		var q plan.Quantity
		if q.UnmarshalText([]byte(text)) == nil && !(q >= 0) {
			t.Errorf("%q became %v", text, q)
		}
	})
}

func TestSet(t *testing.T) {
	t.Parallel()
	before := plan.Measured()
	after, err := before.Set("connect=150")
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range before.All() {
		if got := after.All()[i]; (got.Value == 150 && got.From == "given") != (f.Name == "connect") || f.From == "given" {
			t.Errorf("%s: got %+v after %+v", f.Name, got, f)
		}
	}
	for _, text := range []string{"connect", "connect=", "connect=0", "connect=-1", "connect=NaN", "connect=Inf", "conect=1", "=1"} {
		if _, err := before.Set(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}
