package conformance

import (
	"net/url"
	"strconv"
	"strings"
)

// resetCases: a cursor that can't be continued is told so, with one that can.
func resetCases() []Case {
	move := func(by int) func(string) string {
		return func(cursor string) string {
			parts := strings.Split(cursor, "-")
			return parts[0] + "-" + strconv.Itoa(position(cursor)+by) + "-" + parts[2]
		}
	}
	var cases []Case
	for name, change := range map[string]func(string) string{
		"of another database":           func(c string) string { return "zz9" + c[strings.Index(c, "-"):] },
		"ahead of the log":              move(1),
		"far ahead of the log":          move(1_000_000_000),
		"ahead in the broadcasts":       func(c string) string { return c[:strings.LastIndex(c, "-")] + "-999999999" },
		"a word":                        func(string) string { return "latest" },
		"a number":                      func(string) string { return "42" },
		"two parts":                     func(c string) string { return c[:strings.LastIndex(c, "-")] },
		"four parts":                    func(c string) string { return c + "-1" },
		"negative":                      func(c string) string { return c[:strings.Index(c, "-")] + "--1-0" },
		"with a plus":                   func(c string) string { return c[:strings.Index(c, "-")] + "-+1-0" },
		"with letters for numbers":      func(c string) string { return c[:strings.Index(c, "-")] + "-a-b" },
		"with numbers beyond 64 bits":   func(c string) string { return c[:strings.Index(c, "-")] + "-99999999999999999999-0" },
		"of 5,000 characters":           func(string) string { return strings.Repeat("9", 5000) },
		"not ASCII":                     func(c string) string { return "é" + c },
		"with a NUL":                    func(c string) string { return c + "\x00" },
		"a piece of markup":             func(string) string { return `<script>"'` },
		"with spaces in it":             func(c string) string { return strings.ReplaceAll(c, "-", " - ") },
		"an id of a notification":       func(string) string { return unknownID },
		"in capitals, of another epoch": func(string) string { return "EPOCH-1-1" },
	} {
		cases = append(cases, Case{Name: "reset: a cursor " + name, Run: func(t *T) {
			p := t.person()
			p.send("A", nil)
			head := p.cursor()
			l := p.open("last_event_id="+url.QueryEscape(change(head)), nil)
			first := l.want("connection")
			equal(t, "resumed", any(false), first.data["resumed"])
			e := l.want("reset")
			exactly(t, "reset", e.data, "reason", "cursor")
			equal(t, "reason", "epoch", e.text("reason"))
			equal(t, "cursor", head, e.text("cursor"))
			equal(t, "id", head, e.ID)
			l.quiet(p)
		}})
	}
	return cases
}
