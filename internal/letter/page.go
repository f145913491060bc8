package letter

import (
	"errors"
	"fmt"
	"html/template"
	"io"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"
	texttemplate "text/template"
	"text/template/parse"
)

// A page is a template of HTML, compiled twice: inlined for mails, and as it was written, for errors that name the
// lines which its author knows.
type page struct{ source, inlined *template.Template }

// page compiles a body with the layouts and partials.
func (s shelf) page(body file, locale string, public *url.URL, known map[string]bool) (page, error) {
	main, as, err := place(body)
	if err != nil {
		return page{}, err
	}
	t := texttemplate.New(main)
	for _, part := range slices.Sorted(maps.Keys(s)) {
		if folder := path.Dir(part); path.Ext(part) != ".html" || folder != "layouts" && folder != "partials" {
			continue
		}
		f, ok := s.best(part, locale)
		if !ok {
			continue // in other languages only
		}
		if err := define(t, part, f, known); err != nil {
			return page{}, err
		}
	}
	if err := define(t, as, body, known); err != nil {
		return page{}, err
	}
	if err := checkCalls(t); err != nil {
		return page{}, err
	}
	trees := make(map[string]*parse.Tree)
	for _, d := range t.Templates() {
		trees[d.Name()] = d.Tree
	}
	var p page
	if p.source, err = escaped(main, trees); err != nil {
		return page{}, err
	}
	flat, err := inline(main, trees, public)
	if err != nil {
		return page{}, err
	}
	if p.inlined, err = escaped(main, flat); err != nil {
		return page{}, fmt.Errorf("%s, with its styles inlined: %w", body.name, err)
	}
	return p, nil
}

// place says where a page begins, and as what the body is known there.
func place(body file) (main, as string, err error) {
	parsed, err := texttemplate.New(body.name).Funcs(funcs()).Parse(body.text)
	if err != nil {
		return "", "", clean(err)
	}
	start := strings.ToLower(strings.TrimSpace(body.text))
	whole := strings.HasPrefix(start, "<!doctype") || strings.HasPrefix(start, "<html")
	if parsed.Tree != nil {
		visit(parsed.Root, func(n parse.Node) {
			if call, ok := n.(*parse.TemplateNode); ok && strings.HasPrefix(call.Name, "layouts/") {
				whole = true
			}
		})
	}
	if whole {
		return body.name, body.name, nil
	}
	return layoutPart, "content", nil
}

// escaped makes an HTML template of trees, and has it escaped now: what cannot be is an error of the template, not of a mail.
func escaped(main string, trees map[string]*parse.Tree) (*template.Template, error) {
	t := template.New(main).Option("missingkey=error").Funcs(funcs())
	for _, name := range slices.Sorted(maps.Keys(trees)) {
		if _, err := t.AddParseTree(name, trees[name].Copy()); err != nil {
			return nil, clean(err)
		}
	}
	t = t.Lookup(main)
	if t == nil {
		return nil, fmt.Errorf("%s: there is no such layout in this language, nor one for all", main)
	}
	err := t.Execute(io.Discard, &vars{})
	if _, ok := errors.AsType[*template.Error](err); ok {
		return nil, clean(err)
	}
	return t, nil // any other error is for want of a mail
}

// fill fills in the page. A failure is told by the lines of the source.
func (p page) fill(v *vars, source bool) (string, error) {
	var b capped
	t := p.inlined
	if source {
		t = p.source
	}
	err := t.Execute(&b, v)
	if err == nil {
		return b.String(), nil
	}
	if told := p.source.Execute(io.Discard, v); told != nil {
		err = told
	}
	return "", clean(err)
}
