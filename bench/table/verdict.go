package main

import (
	"fmt"
	"strings"
)

// figures returns a figure of a server in all rounds; a round that failed is not among them.
func (b *bench) figures(r *row, f *figure, peer string) []value {
	var all []value
	reports := b.reports[r.name][peer]
	for round := range b.rounds {
		i := round
		if r.once {
			i = 0
		}
		if i < len(reports) && reports[i] != nil {
			all = append(all, value{round, f.of(reports[i], round)})
		}
	}
	return all
}

// A value is what a figure was in a round.
type value struct {
	round int
	is    float64
}

// ratios are those of a figure to the target's server, in the rounds that have both.
func (b *bench) ratios(r *row, f *figure, t *target) []value {
	own := b.figures(r, f, r.main())
	if t.peer == "" {
		return own
	}
	var all []value
	for _, o := range own {
		for _, p := range b.figures(r, f, t.peer) {
			if p.round == o.round && p.is > 0 {
				all = append(all, value{o.round, o.is / p.is})
			}
		}
	}
	return all
}

// best is the smallest, or the largest.
func best(all []value, largest bool) float64 {
	b := all[0].is
	for _, v := range all {
		if largest == (v.is > b) && v.is != b {
			b = v.is
		}
	}
	return b
}

// String says a target.
func (t *target) String() string {
	sign, much := "≤", number(t.times)
	if t.atLeast {
		sign = "≥"
	}
	if t.peer != "" {
		much += " × " + t.peer
	}
	return sign + " " + much
}

// verdict says whether a target is reached, by the best round, and how much is missing.
func (b *bench) verdict(r *row, t *target, all []value) string {
	switch {
	case len(all) == 0 && b.missing[t.peer] != "":
		return "not measured: " + b.missing[t.peer]
	case len(all) == 0:
		return "not measured"
	}
	is := best(all, t.atLeast)
	reached, off := is <= t.times, is/t.times-1
	if t.atLeast {
		reached, off = is >= t.times, 1-is/t.times
	}
	word := "reached"
	if !reached {
		word = fmt.Sprintf("**not reached**, by %.0f %%", 100*off)
	}
	if r.adjusted {
		word += " (at other numbers than the target's)"
	}
	return word
}

// quoted are all rounds.
func quoted(all []value) string {
	if len(all) == 0 {
		return "–"
	}
	words := make([]string, len(all))
	for i, v := range all {
		words[i] = number(v.is)
	}
	return strings.Join(words, " · ")
}

// number keeps three digits, and what stands before the point.
func number(f float64) string {
	switch {
	case f >= 100:
		return fmt.Sprintf("%.0f", f)
	case f >= 10:
		return fmt.Sprintf("%.1f", f)
	default:
		s := fmt.Sprintf("%.2f", f)
		return strings.TrimSuffix(s, ".00")
	}
}
