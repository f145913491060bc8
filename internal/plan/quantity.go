package plan

import (
	"fmt"
	"strconv"
	"strings"
)

// A Quantity is a number as people write it: 250000, 250k, 1.5M.
type Quantity float64

// UnmarshalText implements [encoding.TextUnmarshaler].
func (q *Quantity) UnmarshalText(b []byte) error {
	v, ok := quantity(string(b))
	if !ok {
		return fmt.Errorf("%.40q is not a number; write it like 250000, 250k or 1.5M", b)
	}
	*q = Quantity(v)
	return nil
}

func quantity(text string) (float64, bool) {
	factor := 1.0
	for unit, f := range map[string]float64{"k": 1e3, "M": 1e6, "G": 1e9} {
		if rest, ok := strings.CutSuffix(text, unit); ok {
			text, factor = rest, f
		}
	}
	if text == "" || strings.Trim(text, "0123456789.") != "" { // neither NaN, nor signs, nor exponents
		return 0, false
	}
	v, err := strconv.ParseFloat(text, 64)
	return v * factor, err == nil
}

// A Part is a part of a whole, written as a percentage or as a quantity.
type Part struct {
	value float64
	whole bool // value is a quantity, and not a part
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (p *Part) UnmarshalText(b []byte) error {
	text, isPercent := strings.CutSuffix(string(b), "%")
	v, ok := quantity(strings.TrimSpace(text))
	switch {
	case !ok:
		return fmt.Errorf("%.40q is not a part; write it like 10%%, or as a number like 25k", b)
	case isPercent && v > 100:
		return fmt.Errorf("%.40q is more than all; give up to 100%%", b)
	case isPercent:
		*p = Part{value: v / 100}
	default:
		*p = Part{value: v, whole: true}
	}
	return nil
}

// Of returns the part of so many.
func (p Part) Of(all float64) float64 {
	if p.whole {
		return p.value
	}
	return p.value * all
}

// A Frequency is how often something happens: 10/d for each person, or 500/s for all together.
type Frequency struct {
	value    float64
	together bool
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (f *Frequency) UnmarshalText(b []byte) error {
	text, unit, _ := strings.Cut(string(b), "/")
	v, ok := quantity(text)
	if !ok || unit != "d" && unit != "s" {
		return fmt.Errorf("%.40q is not a rate; write 10/d for ten to each person in a day, or 500/s for five hundred in a second, to all people together", b)
	}
	*f = Frequency{value: v, together: unit == "s"}
	return nil
}

// Of returns how often it happens in a second to so many people.
func (f Frequency) Of(people float64) float64 {
	if f.together {
		return f.value
	}
	return f.value * people / day
}
