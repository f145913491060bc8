package config

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// A Variable is one assignment of a .env file.
type Variable struct {
	Value     string
	Line      int  // where it begins, from 1
	Commented bool // a comment was cut off an unquoted value
}

// ParseEnv reads a .env file; of a name that stands twice, the last counts, as in a shell. Errors name file and line,
// and never quote a value.
//
// A line is NAME=value, with or without `export` before it; blank lines and those that begin with # are nothing.
// An unquoted value may hold spaces and ends at the line's end or before a # that follows a space. A value in single
// quotes is taken as it is; in double quotes \n, \r, \t, \" and \\ are escapes; either may span lines. There is no
// expansion of $: a password may hold one. A byte order mark and CRLF are accepted.
func ParseEnv(file string, data []byte) (map[string]Variable, error) {
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	p := envParser{file: file, rest: string(data), line: 1}
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}), bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		return nil, p.errorf("the file is UTF-16; save it as UTF-8")
	case bytes.IndexByte(data, 0) >= 0 || !utf8.Valid(data):
		return nil, p.errorf("the file is not text in UTF-8")
	}
	vars := map[string]Variable{}
	for p.rest != "" {
		if err := p.assignment(vars); err != nil {
			return nil, err
		}
	}
	return vars, nil
}

type envParser struct {
	file string
	rest string
	line int
}

func (p *envParser) errorf(format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", p.file, p.line, fmt.Sprintf(format, args...))
}

// takeLine cuts the next line off, without its end.
func (p *envParser) takeLine() string {
	line, rest, _ := strings.Cut(p.rest, "\n")
	p.rest = rest
	return strings.TrimSuffix(line, "\r")
}

func (p *envParser) assignment(vars map[string]Variable) error {
	before := p.rest
	line := strings.TrimSpace(p.takeLine())
	if line == "" || line[0] == '#' {
		p.line++
		return nil
	}
	if after, ok := strings.CutPrefix(line, "export"); ok && after != strings.TrimLeft(after, " \t") {
		line = strings.TrimLeft(after, " \t")
	}
	name, value, ok := strings.Cut(line, "=")
	name = strings.TrimRight(name, " \t")
	if !ok || !isName(name) {
		return p.errorf("the line is not NAME=value; put # before a comment")
	}
	v := Variable{Line: p.line}
	trimmed := strings.TrimLeft(value, " \t")
	if trimmed == "" || trimmed[0] != '"' && trimmed[0] != '\'' {
		v.Value, v.Commented = unquoted(value)
		p.line++
		vars[name] = v
		return nil
	}
	// The value may go on in the lines below: read it from the whole rest. The first = of what was before is this line's.
	p.rest = strings.TrimLeft(before[strings.IndexByte(before, '=')+1:], " \t")
	var err error
	v.Value, err = p.quoted(name)
	vars[name] = v
	return err
}

// unquoted cuts the comment off a value; s is what follows the = .
func unquoted(s string) (value string, commented bool) {
	for i := 1; i < len(s); i++ {
		if s[i] == '#' && (s[i-1] == ' ' || s[i-1] == '\t') {
			s, commented = s[:i], true
			break
		}
	}
	return strings.TrimSpace(s), commented
}

// quoted reads a value from its opening quote to the end of the line on which it is closed.
func (p *envParser) quoted(name string) (string, error) {
	quote := p.rest[0]
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == quote:
			inside := p.rest[:i]
			p.rest = p.rest[i+1:]
			tail := strings.TrimSpace(p.takeLine())
			p.line += strings.Count(inside, "\n")
			if tail != "" && tail[0] != '#' {
				return "", p.errorf("%s has text after its closing quote; quote the whole value, or write %s before the quote inside it", name, `\`)
			}
			p.line++
			return b.String(), nil
		case c == '\\' && quote == '"' && i+1 < len(p.rest) && strings.IndexByte(`nrt"\`, p.rest[i+1]) >= 0:
			i++
			b.WriteByte(map[byte]byte{'n': '\n', 'r': '\r', 't': '\t', '"': '"', '\\': '\\'}[p.rest[i]])
		case c == '\r' && i+1 < len(p.rest) && p.rest[i+1] == '\n':
			// The line break of a file from Windows is one, as in its other lines.
		default:
			b.WriteByte(c)
		}
	}
	return "", p.errorf("%s begins with a quote that is never closed", name)
}

func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}
