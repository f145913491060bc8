package letter_test

import (
	"strings"
	"testing"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/letter"
)

// Whatever stands in a template: it is refused at the start, or it makes a mail whenever Check says that it does.
func FuzzTemplate(f *testing.F) {
	for _, body := range []string{
		"<p>{{.Title}}</p>", "<table>{{range .Data.all}}<tr><td>{{.}}{{end}}</table>", `<a href="{{.URL}}" {{.Title}}>x</a>`, "{{if .URL}}<b>{{else}}<b>{{end}}x</b>",
		"<style>p{color:red}</style><p style='x:{{.Title}}'>", "<!doctype html><title>{{.Title}}</title><p>&#123;&#123;.Nope}}", "<select>{{with .Actor}}<option>{{.Name}}{{end}}</select>",
		"<!-- {{.Title}} --><textarea>{{.Body}}</textarea>", "{{template \"partials/p.html\" .}}<script>var x = {{.Data}}</script>", "{{define \"content\"}}{{.Title}}{{end}}{{template \"layouts/default.html\" .}}", "bfq0z{{.Title}}",
	} {
		f.Add(body, "p { color: red } @media print { p { margin: 0 } }")
	}
	f.Fuzz(func(t *testing.T, body, style string) {
		if strings.Contains(style, "{{") {
			return
		}
		p, err := letter.New(config(files("order/body.html", "<style>"+style+"</style>"+body, "partials/p.html", "<p>{{.Title}}</p>")))
		if err != nil {
			return
		}
		m := order()
		n := m.Notification
		send := belfry.Send{Category: n.Category, Title: n.Title, Body: n.Body, URL: n.URL, Data: n.Data, Actor: n.Actor}
		if p.Check(&send) != nil {
			return
		}
		m.User = belfry.User{ID: "somebody", Name: "Somebody"}
		_, b, err := p.Render(t.Context(), m)
		if err != nil {
			t.Fatalf("checked well, and could not be rendered: %v", err)
		}
		checkLines(t, b)
		if r := letter.Read(b); r.Err != nil {
			t.Fatal(r.Err)
		}
	})
}
