package letter

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"
	"text/template"
	"unicode"
	"unicode/utf8"

	"github.com/belfryhq/belfry"
)

// A set makes the words of a category's mail in one language.
type set struct {
	locale  string             // the variant's, as its file's name has it; empty: none
	subject *template.Template // nil: the notification's title
	page    page               //
	own     bool               // the page is the category's, not the built-in content
	text    *template.Template // nil: made from the page
	known   []string           // keys of .User.Data that the templates name, dotted
}

// family compiles the folder of a category for each locale that it, the layouts or the partials have.
func (s shelf) family(category string, public *url.URL) (*family, error) {
	return s.each(category, func(locale string) (*set, error) { return s.set(category, locale, public) })
}

func (s shelf) each(category string, compile func(locale string) (*set, error)) (*family, error) {
	locales := map[string]string{"": ""}
	for part, files := range s {
		if folder := path.Dir(part); folder == category || shared(folder) {
			for l, f := range files {
				locales[l] = f.tag
			}
		}
	}
	f := &family{sets: make(map[string]*set, len(locales))}
	for _, l := range slices.Sorted(maps.Keys(locales)) {
		compiled, err := compile(locales[l])
		if err != nil {
			return nil, err
		}
		f.sets[l] = compiled
	}
	return f, nil
}

func (s shelf) set(category, locale string, public *url.URL) (*set, error) {
	out := &set{}
	known := make(map[string]bool)
	if f, ok := s.best(category+"/subject.txt", locale); ok {
		var err error
		if out.subject, err = s.plain(f, locale, known); err != nil {
			return nil, err
		}
		out.locale = f.tag
	}
	body, own := s.best(category+"/body.html", locale)
	text, written := s.best(category+"/body.txt", locale)
	out.own = own
	switch { // the language is that of most words
	case own:
		out.locale = body.tag
	case written:
		out.locale = text.tag
	}
	if !own {
		body, _ = s.best(contentHTML, locale)
	}
	if !own && !written {
		text, written = s.best(contentText, locale)
	}
	var err error
	if out.page, err = s.page(body, locale, public, known); err != nil {
		return nil, err
	}
	// A text in English beside a page in German would be another mail.
	if written && (!own || len(text.locale) >= len(body.locale)) {
		if out.text, err = s.plain(text, locale, known); err != nil {
			return nil, err
		}
	}
	out.known = slices.Sorted(maps.Keys(known))
	return out, nil
}

// plain compiles a template of text, with the partials.
func (s shelf) plain(main file, locale string, known map[string]bool) (*template.Template, error) {
	t := template.New(main.name).Option("missingkey=error").Funcs(funcs())
	for _, part := range slices.Sorted(maps.Keys(s)) {
		if path.Dir(part) != "partials" || path.Ext(part) != ".txt" {
			continue
		}
		f, _ := s.best(part, locale)
		if err := define(t, part, f, known); err != nil {
			return nil, err
		}
	}
	if err := define(t, main.name, main, known); err != nil {
		return nil, err
	}
	return t, checkCalls(t)
}

// define parses a file and adds its templates to t: its own text as name, and those that it defines.
func define(t *template.Template, name string, f file, known map[string]bool) error {
	parsed, err := template.New(f.name).Funcs(funcs()).Parse(f.text)
	if err != nil {
		return clean(err)
	}
	for _, d := range parsed.Templates() {
		as := d.Name()
		if as == f.name {
			as = name
		}
		userData(d.Root, known)
		if _, err := t.AddParseTree(as, d.Tree); err != nil {
			return clean(err)
		}
	}
	return nil
}

// words are what a mail says.
type words struct{ subject, html, text string }

// fill fills in the templates, and lets what the send said of the mail go before them. A source page is slower and knows
// its lines.
func (s *set) fill(v *vars, said *belfry.EmailContent, source bool) (w words, err error) {
	if said == nil {
		said = &belfry.EmailContent{}
	}
	w = words{subject: said.Subject, html: said.HTML, text: said.Text}
	if size := len(w.html) + len(w.text); size > MaxSize {
		return words{}, fmt.Errorf("the mail %w", tooLarge(size))
	}
	if w.subject == "" {
		if w.subject, err = s.subjectOf(v); err != nil {
			return words{}, err
		}
	}
	v.Subject = w.subject
	written := w.text != "" || s.written()
	if w.text == "" && s.text != nil && w.html == "" {
		if w.text, err = execute(s.text, v); err != nil {
			return words{}, err
		}
	}
	if w.html == "" {
		shown := *v
		if !s.own && written {
			// The text is all that somebody wrote: the page shows it.
			shown.Title, shown.Body, shown.URL = "", w.text, ""
		}
		if w.html, err = s.page.fill(&shown, source); err != nil {
			return words{}, err
		}
	}
	if w.text == "" {
		html := w.html
		if said.HTML == "" {
			bare := *v
			bare.Preheader = "" // hidden in a page, it would come twice in a text
			if html, err = s.page.fill(&bare, source); err != nil {
				return words{}, err
			}
		}
		w.text = plainText(html)
	}
	w.text = unixLines(w.text)
	w.html = unixLines(w.html)
	return w, nil
}

// written reports whether somebody wrote a text for the category.
func (s *set) written() bool { return s.text != nil && s.text.Name() != contentText }

// subjectOf makes the subject of a mail for which the send named none.
func (s *set) subjectOf(v *vars) (string, error) {
	if s.subject == nil {
		return v.Title, checkSubject("the title", v.Title)
	}
	text, err := execute(s.subject, v)
	if err != nil {
		return "", err
	}
	text = strings.TrimSpace(text)
	if text == "" {
		return "", fmt.Errorf("%s: the subject is empty", s.subject.Name())
	}
	return text, checkSubject(s.subject.Name(), text)
}

// maxSubject is the longest line there is (RFC 5322 2.1.1).
const maxSubject = 998

func checkSubject(where, text string) error {
	switch {
	case strings.ContainsFunc(text, unicode.IsControl) || !utf8.ValidString(text):
		return fmt.Errorf("%s: a subject is one line of text without control characters", where)
	case utf8.RuneCountInString(text) > maxSubject:
		return fmt.Errorf("%s: the subject is longer than %d characters", where, maxSubject)
	}
	return nil
}

// execute fills in a template of text.
func execute(t *template.Template, v *vars) (string, error) {
	var b capped
	if err := t.Execute(&b, v); err != nil {
		return "", clean(err)
	}
	return b.String(), nil
}

// capped ends a template that writes without end.
type capped struct{ bytes.Buffer }

func (c *capped) Write(b []byte) (int, error) {
	if c.Len()+len(b) > MaxSize {
		return 0, fmt.Errorf("the mail is too large: more than %d MB", MaxSize>>20)
	}
	return c.Buffer.Write(b)
}

// clean takes the library's own name off a template's error; what stays begins with file and line.
func clean(err error) error {
	text := err.Error()
	for _, prefix := range []string{"html/template:", "template: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return errors.New(strings.TrimSpace(text))
}

func unixLines(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}
