package conformance

import (
	"encoding/json"
	"strings"
)

// framingCases: whatever stands in a notification arrives as it was sent, and no text can end a frame or begin a field.
func framingCases() []Case {
	var cases []Case
	for name, text := range map[string]string{
		"a line feed": "a\nb", "a carriage return": "a\rb", "both": "a\r\nb", "line breaks at both ends": "\n\r\na\r\r\n\n", "blank lines": "a\n\n\n\nb",
		"what looks like fields": "a\ndata: b\nid: 9\nevent: close\nretry: 1\n\ndata: c", "what looks like a comment": ":a\n: b", "a tab": "a\tb", "a BOM first": "\uFEFFa", "a BOM inside": "a\uFEFF\nb",
		"Unicode's own line breaks": "a\u2028b\u2029c", "quotes and backslashes": `"a" \ \n \u0041 '`, "emoji and their joints": "👩‍👩‍👧 🇦🇹 e\u0301", "right to left": "שלום \u200F مرحبا",
		"markup": `<script>alert("&amp;")</script>`, "a replacement character": "a\uFFFDb", "the ends of the planes": "\uFFFF\U0010FFFF\U00010000", "spaces at both ends": "  a  ",
	} {
		cases = append(cases, Case{Name: "framing: " + name + " in a body", Run: func(t *T) { arrivesAs(t, obj{"body": text}) }})
	}
	for name, text := range map[string]string{
		"NUL": "a\x00b", "line breaks": "a\r\nb\rc\nd", "a BOM": "\uFEFF", "every control character": "\x01\x02\x07\x08\x0b\x0c\x1b\x1f\x7f\u0080\u009f", "Unicode's own line breaks": "\u0085\u2028\u2029",
		"nothing": "", "a frame": "\n\nevent: close\ndata: {}\n\n",
	} {
		cases = append(cases, Case{Name: "framing: " + name + " in a string of data", Run: func(t *T) { arrivesAs(t, obj{"data": obj{"text": text, "a" + text: 1}}) }})
	}
	return append(cases,
		Case{Name: "framing: every printable character in a title", Run: func(t *T) {
			var s strings.Builder
			for r := ' '; r < 0x7f; r++ {
				s.WriteRune(r)
			}
			s.WriteString("äß€\u2028🔔\uFEFF")
			arrivesAs(t, obj{"title": s.String()})
		}},
		Case{Name: "framing: empty members", Run: func(t *T) {
			arrivesAs(t, obj{"body": "", "url": "", "data": obj{}, "actor": obj{"id": "", "name": "", "avatar_url": ""}})
		}},
		Case{Name: "framing: a body of 400 KB", Run: func(t *T) { arrivesAs(t, obj{"body": strings.Repeat("0123456789\r\n", 400_000/14)}) }},
		Case{Name: "framing: data of 400 KB", Run: func(t *T) {
			list := make([]string, 8000)
			for i := range list {
				list[i] = strings.Repeat("é", 20) + "\n"
			}
			arrivesAs(t, obj{"data": obj{"list": list}})
		}},
		Case{Name: "framing: a title of 512 characters of four bytes", Run: func(t *T) { arrivesAs(t, obj{"title": strings.Repeat("🔔", 512)}) }},
		Case{Name: "framing: numbers keep every digit", Run: func(t *T) {
			arrivesAs(t, obj{"data": json.RawMessage(`{"big":12345678901234567890,"small":1e-7,"exact":1.0,"zero":-0}`)})
		}},
		Case{Name: "framing: the stream is LF alone, with nothing but fields", Run: func(t *T) {
			p := t.person()
			l := p.listen("", nil)
			p.send("A", obj{"body": "a\r\nb"})
			l.want("message")
			l.want("counts")
			if raw := l.bytes(); strings.Contains(raw, "\r") || strings.HasPrefix(raw, "\uFEFF") {
				t.Errorf("want LF alone and no BOM, got %q", short(raw))
			}
		}})
}

// arrivesAs sends members and wants them back as they were, live, resumed and listed.
func arrivesAs(t *T, members obj) {
	p := t.person()
	start := p.cursor()
	live := p.listen("", nil)
	id := p.send("A", members)
	resumed := p.resume(start)
	want := object(t, []byte(bodyText(members)))
	for where, n := range map[string]note{"live": live.wantNote("message", id), "resumed": resumed.wantNote("message", id), "list": p.list("").Results[0]} {
		got := object(t, []byte(n.raw))
		for name := range members {
			equal(t, where+" "+name, canonical(want[name]), canonical(got[name]))
		}
	}
}

func object(t *T, b []byte) map[string]json.RawMessage {
	var o map[string]json.RawMessage
	if err := json.Unmarshal(b, &o); err != nil {
		t.Fatalf("read %s: %v", short(string(b)), err)
	}
	return o
}

// canonical is one form of equal values, numbers digit for digit.
func canonical(raw json.RawMessage) string {
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return err.Error()
	}
	b, _ := json.Marshal(v) // it was decoded from JSON
	return string(b)
}
