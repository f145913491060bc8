package letter_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/letter"
)

// What cannot be is told at the start, with file and line.
func TestTemplatesThatCannotBe(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		files []string
		want  []string
	}{
		{"syntax of a subject", []string{"order/subject.txt", "x\n{{.Title"}, []string{"order/subject.txt:2", "unclosed action"}},
		{"syntax of a text", []string{"order/body.txt", "\n\n{{if}}"}, []string{"order/body.txt:3", "missing value for if"}},
		{"syntax of a page", []string{"order/body.html", "<p>\n{{end}}"}, []string{"order/body.html:2", "unexpected {{end}}"}},
		{"syntax of a variant", []string{"order/body.html", "x", "order/body.de.html", "{{nothing}}"}, []string{"order/body.de.html:1", `"nothing" not defined`}},
		{"syntax of a layout", []string{"layouts/default.html", "<html>\n\n{{.}"}, []string{"layouts/default.html:3"}},
		{"syntax of a partial", []string{"partials/a.html", "\n{{.X | nothing}}"}, []string{"partials/a.html:2"}},
		{"a call of nothing", []string{"order/body.html", "a\nb\n{{template \"partials/gone.html\" .}}"}, []string{"order/body.html:3", "partials/gone.html"}},
		{"a call without end", []string{"order/body.html", "{{template \"partials/a.html\" .}}", "partials/a.html", "<b>\n{{template \"partials/a.html\" .}}</b>"}, []string{"partials/a.html:2", "may call itself"}},
		{"a page that cannot be escaped", []string{"order/body.html", "<p>\n<a href='{{if .URL}}x'>{{end}}</p>"}, []string{"order/body.html:2"}},
		{"an attribute chosen by an action", []string{"order/body.html", "\n<p {{if .URL}}class=\"a\"{{end}}>x</p>"}, []string{"order/body.html:2", "between the attributes"}},
		{"an action among styles", []string{"order/body.html", "<style>\np { color: {{.Data.color}} }</style><p>x</p>"}, []string{"order/body.html:2", "style"}},
		{"an action that a table throws out", []string{"order/body.html", "<table>\n<tr>{{with .Title}}<p>{{.}}</p>{{end}}</tr></table>"}, []string{"order/body.html:2", "not well-formed"}},
		{"a folder that is no category", []string{"Order!/body.html", "x"}, []string{"Order!", "not a category"}},
		{"a folder in a folder", []string{"order/deep/body.html", "x"}, []string{"order/deep", "order.assigned"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := letter.New(config(files(tt.files...)))
			if err == nil {
				t.Fatal("got no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got error %v, want %q in it", err, want)
				}
			}
		})
	}
}

// What a send lacks is told when it is sent, with variable, file and line, in whichever language it is.
func TestSendsThatLack(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		files []string
		send  belfry.Send
		want  []string
	}{
		{"a variable of the subject", []string{"order/subject.txt", "{{.Data.order}}"}, belfry.Send{}, []string{"order/subject.txt:1", `"order"`}},
		{"a variable of the page", []string{"order/body.html", "<p>\n\n  {{.Data.order}}"}, belfry.Send{}, []string{"order/body.html:3", `"order"`}},
		{"a variable of the text", []string{"order/body.txt", "\n{{.Data.order}}"}, belfry.Send{}, []string{"order/body.txt:2", `"order"`}},
		{"a variable of a variant", []string{"order/body.html", "x", "order/body.de.html", "\n{{.Data.order}}"}, belfry.Send{}, []string{"order/body.de.html:2", `"order"`}},
		{"a variable of a layout", []string{"order/body.html", "x", "layouts/default.html", "<html>\n<body>{{.Data.brand}}{{template \"content\" .}}"}, belfry.Send{}, []string{"layouts/default.html:2", `"brand"`}},
		{"a variable of a partial", []string{"order/body.html", "{{template \"partials/a.html\" .Data}}", "partials/a.html", "\n\n\n{{.order}}"}, belfry.Send{}, []string{"partials/a.html:4", `"order"`}},
		{"a variable in a variable", []string{"order/body.html", "{{.Data.order.id}}"}, belfry.Send{Data: []byte(`{"order":{}}`)}, []string{"order/body.html:1", `"id"`}},
		{"an actor", []string{"order/body.html", "\n{{.Actor.Name}}"}, belfry.Send{}, []string{"order/body.html:2", "Name"}},
		{"a variable that there never is", []string{"order/body.html", "\n{{.Titel}}"}, belfry.Send{}, []string{"order/body.html:2", "Titel"}},
		{"a subject with words", []string{"order/subject.txt", "\n {{.Body}} \n"}, belfry.Send{}, []string{"order/subject.txt", "empty"}},
		{"a subject of one line", []string{"order/subject.txt", "{{.Body}}"}, belfry.Send{Body: "a\nb"}, []string{"order/subject.txt", "one line"}},
		{"a short subject", []string{"order/subject.txt", "{{.Body}}"}, belfry.Send{Body: strings.Repeat("x", 999)}, []string{"order/subject.txt", "998"}},
		{"a number", []string{"order/body.html", "{{if lt .Data.n 3}}few{{end}}"}, belfry.Send{Data: []byte(`{"n":"x"}`)}, []string{"order/body.html:1", "lt"}},
		{"an object", []string{"order/body.html", "x"}, belfry.Send{Data: []byte(`[1]`)}, []string{"data of the notification"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.send.Category, tt.send.Title = "order.assigned", "Title"
			err := press(t, config(files(tt.files...))).Check(&tt.send)
			if err == nil {
				t.Fatal("got no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got error %v, want %q in it", err, want)
				}
			}
		})
	}
}

// What a person is not known to have is empty, and no failure: the app may not have told it yet.
func TestWhatIsNotKnownOfAPerson(t *testing.T) {
	t.Parallel()
	p := press(t, config(files("order/body.html", `<p>{{.User.Data.vip}}|{{$.User.Data.plan.name}}|{{with .User}}{{.Name}}{{end}}|{{if .User.Data.vip}}VIP{{end}}|</p>`)))
	if err := p.Check(&belfry.Send{Category: "order", Title: "x"}); err != nil {
		t.Errorf("got error %v", err)
	}
	for data, want := range map[string]string{``: "||Ada Lovelace||", `{"vip":true,"plan":{"name":"gold"}}`: "true|gold|Ada Lovelace|VIP|", `{"plan":null}`: "||Ada Lovelace||"} {
		m := order()
		m.User.Data = []byte(data)
		_, b := render(t, p, m)
		if _, _, html := read(t, b); !strings.Contains(html, want) {
			t.Errorf("data %s: want %q in %s", data, want, html)
		}
	}
}

func TestTheLongestPrefixAndTheNearestLanguage(t *testing.T) {
	t.Parallel()
	p := press(t, config(files(
		"order/body.html", "up", "order.assigned/body.html", "en {{template \"partials/s.html\"}}", "order.assigned/body.de.html", "de {{template \"partials/s.html\"}}",
		"order.assigned/body.de-AT.html", "at", "order.assigned/subject.de.txt", "Betreff", "partials/s.html", "bye", "partials/s.fr.html", "salut", "notes.txt", "no template",
	)))
	for _, tt := range []struct{ category, locale, want, language string }{
		{"order.assigned", "en-GB", "en bye", ""},
		{"order.assigned", "", "en bye", ""},
		{"order.assigned", "de", "de bye", "de"},
		{"order.assigned", "de-CH", "de bye", "de"},
		{"order.assigned", "de_at", "at", "de-AT"},
		{"order.assigned", "de-AT-vienna", "at", "de-AT"},
		{"order.assigned", "fr-CA", "en salut", ""},
		{"order.assigned.late", "de", "de bye", "de"},
		{"order.shipped", "de", "up", ""},
	} {
		m := order()
		m.Notification.Category, m.User.Locale = tt.category, tt.locale
		_, b := render(t, p, m)
		h, text, _ := read(t, b)
		if !strings.Contains(text, tt.want) || h.Get("Content-Language") != tt.language {
			t.Errorf("%s in %q: got %q in %q, want %q in %q", tt.category, tt.locale, text, h.Get("Content-Language"), tt.want, tt.language)
		}
	}
	for category, want := range map[string]bool{"order": true, "order.assigned.late": true, "orders": false, "news": false} {
		if got := p.Has(category); got != want {
			t.Errorf("%s has templates: %v, want %v", category, got, want)
		}
	}
}

func TestTitle(t *testing.T) {
	t.Parallel()
	p := press(t, config(files("order/subject.txt", " Order {{.Data.order}}\n", "news/body.txt", "x")))
	got, err := p.Title(&belfry.Send{Category: "order.late", Data: []byte(`{"order":1138}`)})
	if err != nil || got != "Order 1138" {
		t.Errorf("got %q, error %v", got, err)
	}
	if got, err := p.Title(&belfry.Send{Category: "news"}); err != nil || got != "" {
		t.Errorf("without a subject: got %q, error %v", got, err)
	}
	if _, err := p.Title(&belfry.Send{Category: "order"}); err == nil || !strings.Contains(err.Error(), "order/subject.txt:1") {
		t.Errorf("without its data: got error %v", err)
	}
}

// What a notification says is text wherever it stands, and a link leads only where links may.
func TestWordsAreEscapedWhereTheyStand(t *testing.T) {
	t.Parallel()
	p := press(t, config(files("order/body.html", `<p title="{{.Title}}">{{.Body}}</p><a href="{{.Data.link}}">x</a><p style="color: {{.Data.color}}">y</p>`)))
	m := order()
	m.Notification.Title, m.Notification.Body = `"><script>alert(1)</script>`, `<img src=x onerror=alert(1)>`
	m.Notification.Data = []byte(`{"link":"javascript:alert(1)","color":"red; background: url(https://evil.example)"}`)
	for _, press := range []*letter.Press{p, press(t, config(nil))} {
		_, b := render(t, press, m)
		_, _, html := read(t, b)
		for _, evil := range []string{"<script", "<img", "javascript:", "evil.example"} {
			if strings.Contains(html, evil) {
				t.Errorf("%s got through:\n%s", evil, html)
			}
		}
	}
}

// Every style counts, however many elements hold them, and a later one goes before an earlier one.
func TestManyStyles(t *testing.T) {
	t.Parallel()
	var styles strings.Builder
	for i := range 20 {
		fmt.Fprintf(&styles, "<style>.c%d > b { color: red } p { margin: %dpx }</style>", i, i)
	}
	c := config(files("order/body.html", `<!doctype html><head>`+styles.String()+`</head><div class="c0"><b>first</b></div><div class="c19"><b>last</b></div><p>x</p>`))
	for range 20 {
		_, b := render(t, press(t, c), order())
		_, _, html := read(t, b)
		for _, want := range []string{`<b style="color:red">first</b>`, `<b style="color:red">last</b>`, `<p style="margin:19px">`} {
			if !strings.Contains(html, want) {
				t.Fatalf("want %s in %s", want, html)
			}
		}
	}
}

// Styles go to the elements that they are about, also into what is called, and differently for each call.
func TestStylesAreInlined(t *testing.T) {
	t.Parallel()
	p := press(t, config(files(
		"layouts/default.html", `<html><head><style>.a p { color: red } .b p { color: blue } p { margin: 0 } @media print { p { color: black } }</style></head><body>{{template "content" .}}</body></html>`,
		"partials/p.html", `<p>{{.}}</p>`,
		"order/body.html", `<div class="a">{{template "partials/p.html" .Title}}</div><div class="b">{{range .Data.all}}{{template "partials/p.html" .}}{{end}}</div>`,
		"plain/body.html", `<html><head><style>{{template "partials/style.html"}}</style></head><body><p title="{{template "partials/t.html" .}}">x</p></body></html>`,
		"partials/style.html", `p { color: green }`, "partials/t.html", `of {{.Title}}`,
	)))
	m := order()
	m.Notification.Data = []byte(`{"all":["1","2"]}`)
	_, b := render(t, p, m)
	_, _, html := read(t, b)
	for _, want := range []string{`<p style="margin:0;color:red">Order 1138 is yours</p>`, `<p style="margin:0;color:blue">1</p><p style="margin:0;color:blue">2</p>`, "@media print"} {
		if !strings.Contains(html, want) {
			t.Errorf("want %s in %s", want, html)
		}
	}
	m.Notification.Category = "plain"
	_, b = render(t, p, m)
	if _, _, html := read(t, b); !strings.Contains(html, `<p title="of Order 1138 is yours" style="color:green">x</p>`) {
		t.Errorf("shared styles, or a call in an attribute, got lost: %s", html)
	}
}
