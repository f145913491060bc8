package letter

import "strings"

// Where in a document a text ends.
type mode uint8

const (
	inText mode = iota
	inTag
	inRaw     // the text of an element that has no elements: style, title
	inComment //
)

// A spot follows a document as it is written. It knows as much of HTML as marks need.
type spot struct {
	mode    mode
	quote   byte   // in a tag: of the value that is open
	element string // in a tag: its name, as far as read; in raw text: whose
	named   bool   // in a tag: the name is complete
}

func (p *spot) read(text string) {
	for i := 0; i < len(text); {
		switch p.mode {
		case inText:
			i += p.readText(text[i:])
		case inTag:
			p.readTag(text[i])
			i++
		case inRaw:
			i += p.until(text[i:], "</"+p.element, func() { *p = spot{mode: inTag, element: "/", named: true} })
		case inComment:
			i += p.until(text[i:], "-->", func() { *p = spot{} })
		}
	}
}

// until skips to the end of a mark and calls then, or skips all.
func (p *spot) until(text, end string, then func()) int {
	i := strings.Index(strings.ToLower(text), end)
	if i < 0 {
		return len(text)
	}
	then()
	return i + len(end)
}

func (p *spot) readText(text string) int {
	switch {
	case strings.HasPrefix(text, "<!--"):
		p.mode = inComment
		return len("<!--")
	case len(text) > 1 && text[0] == '<' && (text[1] == '/' || text[1] == '!' || letter(text[1])):
		*p = spot{mode: inTag}
	}
	return 1
}

func (p *spot) readTag(c byte) {
	switch {
	case p.quote != 0:
		if c == p.quote {
			p.quote = 0
		}
	case c == '"' || c == '\'':
		p.quote = c
	case c == '>':
		name := strings.ToLower(p.element)
		*p = spot{}
		switch name {
		case "style", "title", "script", "textarea":
			p.mode, p.element = inRaw, name
		}
	case !p.named && (letter(c) || c == '/' || c >= '0' && c <= '9'):
		p.element += string(c)
	default:
		p.named = true
	}
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
