package plan

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

func (c *calculation) add(part, name string, value float64, unit, how string, args ...any) {
	c.lines = append(c.lines, Line{Part: part, Name: name, Value: value, Unit: unit, How: fmt.Sprintf(how, args...)})
}

// fig writes a figure by its name and its value.
func (c *calculation) fig(name string) string {
	for _, f := range c.f.all {
		if f.Name == name {
			return name + " " + Amount(f.Value, f.Unit)
		}
	}
	return name
}

// Amount writes a value as people read it: bytes and bits in larger units, the rest with its own.
func Amount(v float64, unit string) string {
	switch {
	case unit == "bit/s":
		return scaled(v, 1000, "bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s")
	case unit == "B" && v < 10_000:
		return number(v) + " B"
	case unit == "B":
		return scaled(v, 1024, "B", "KiB", "MiB", "GiB", "TiB", "PiB")
	case unit == "B/s":
		return scaled(v, 1000, "B/s", "kB/s", "MB/s", "GB/s", "TB/s")
	case unit == "" || strings.HasPrefix(unit, "/"):
		return number(v) + unit
	}
	return number(v) + " " + unit
}

func scaled(v, step float64, units ...string) string {
	i := 0
	for v >= step && i < len(units)-1 {
		v, i = v/step, i+1
	}
	return number(v) + " " + units[i]
}

func rate(perSecond float64) string { return number(perSecond) + "/s" }

func percent(part float64) string { return number(100*part) + " %" }

// number writes three digits that count, and all before the point.
func number(v float64) string {
	if v == 0 {
		return "0"
	}
	places := 2 - int(math.Floor(math.Log10(math.Abs(v))))
	text := strconv.FormatFloat(v, 'f', min(max(0, places), 6), 64)
	whole, part, hasPart := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if part = strings.TrimRight(part, "0"); !hasPart || part == "" {
		return whole
	}
	return whole + "." + part
}
