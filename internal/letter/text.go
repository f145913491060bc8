package letter

import (
	"regexp"
	"strings"

	"github.com/k3a/html2text"
)

// rows are the ends of elements that stand on lines of their own, of which the converter knows only some.
var rows = regexp.MustCompile(`(?i)</(tr|div|table|section|article|header|footer|blockquote|pre)>|<hr[^>]*>`)

// plainText makes the text part of a page.
func plainText(html string) string {
	html = rows.ReplaceAllString(html, "<br>$0")
	text := html2text.HTML2TextWithOptions(html, html2text.WithUnixLineBreaks(), html2text.WithLinksInnerText(), html2text.WithListSupport())
	var out []string
	blank := true
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.Join(strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' || r == '\u00a0' || r == '\u200c' }), " ")
		if line == "" && blank {
			continue
		}
		blank = line == ""
		out = append(out, line)
	}
	return strings.TrimSpace(strings.Join(out, "\n")) + "\n"
}
