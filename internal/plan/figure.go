package plan

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Figure is one number that a plan is made of.
type Figure struct {
	Name  string  `json:"name"` // by which it is set
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Means string  `json:"means"`
	From  string  `json:"from"` // where it was measured, or that it is assumed
}

// Figures are all numbers that a plan is made of, beside what is asked. The zero value has none: begin with [Measured].
type Figures struct {
	all []Figure
}

// All returns the figures in the order in which they are shown.
func (f Figures) All() []Figure { return f.all }

// value returns a figure's number; the names are those of this package, so an unknown one is a bug.
func (f Figures) value(name string) float64 {
	for _, one := range f.all {
		if one.Name == name {
			return one.Value
		}
	}
	panic("plan: there is no figure " + name)
}

// Set returns the figures with one changed, written NAME=VALUE.
func (f Figures) Set(text string) (Figures, error) {
	name, number, ok := strings.Cut(text, "=")
	if !ok {
		return f, fmt.Errorf("%.60q has no value; write it like connect=150", text)
	}
	v, err := strconv.ParseFloat(number, 64)
	if err != nil || !(v > 0) || math.IsInf(v, 0) {
		return f, fmt.Errorf("%s: %.40q is not a number above 0", name, number)
	}
	changed := Figures{all: append([]Figure{}, f.all...)}
	names := make([]string, len(changed.all))
	for i := range changed.all {
		names[i] = changed.all[i].Name
		if names[i] == name {
			changed.all[i].Value, changed.all[i].From = v, "given"
			return changed, nil
		}
	}
	return f, fmt.Errorf("there is no figure %.60q; there are %s", name, strings.Join(names, ", "))
}

// between returns what one of n costs that come together: of the cost alone, all but what it costs in a crowd is shared.
func between(alone, crowd, n float64) float64 { return crowd + (alone-crowd)/n }
