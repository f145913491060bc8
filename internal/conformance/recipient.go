package conformance

import (
	"fmt"
	"net/http"
	"strings"
)

func recipientCases() []Case {
	var cases []Case
	for _, id := range []string{
		"with space", "slash/in/it", "per%cent", "q?u&e=r#y", "..", ".", "~", "ünïcödé", "日本語", "🔔", `"quoted"`, "<b>", "a:b;c,d", "+1 555", "\\", "{id}", "tickets", "me@shop.example",
	} {
		cases = append(cases, Case{Name: fmt.Sprintf("recipient: %q is a person like any other", id), Run: func(t *T) { oddRecipient(t, id) }})
	}
	cases = append(cases, Case{Name: "recipient: 255 characters are a person", Run: func(t *T) { oddRecipient(t, strings.Repeat("é", 230)) }})
	for name, id := range map[string]string{
		"nothing": "", "256 characters": strings.Repeat("x", 256), "a line break": "a\nb", "NUL": "a\x00b", "a tab": "a\tb", "DEL": "\x7f", "an invisible direction": "a\u202eb", "a zero-width space": "a\u200bb",
	} {
		cases = append(cases, Case{Name: "recipient refused: " + name, Run: func(t *T) {
			o := obj{"to": id, "category": "conformance", "title": "A"}
			t.app(http.MethodPost, notificationsPath, o).blames("to")
			o["to"] = []string{"conformance", id}
			t.app(http.MethodPost, notificationsPath, o).blames("to[1]")
		}})
	}
	return append(cases,
		Case{Name: "recipient refused: nobody", Run: func(t *T) {
			t.app(http.MethodPost, notificationsPath, obj{"to": []string{}, "category": "conformance", "title": "A"}).blames("to")
		}},
		Case{Name: "recipient refused: 1,001 people", Run: func(t *T) {
			to := make([]string, 1001)
			for i := range to {
				to[i] = fmt.Sprint("conformance-", i)
			}
			t.app(http.MethodPost, notificationsPath, obj{"to": to, "category": "conformance", "title": "A"}).blames("to")
		}})
}

// oddRecipient sends to an id, reads it back by list, stream and the user's own path. What is random stands at its end, so
// that cases on the same server don't meet; the ids of dots alone have no place for it.
func oddRecipient(t *T, id string) {
	if strings.Trim(id, ".") != "" {
		id += "-" + unique()
	}
	p := t.strangerNamed(id)
	t.app(http.MethodPut, userPath(id), obj{}).is(http.StatusOK)
	l := p.listen("", nil)
	equal(t, "user_id of the stream", id, l.first.text("user_id"))
	n := p.send("A", nil)
	l.wantNote("message", n)
	if ids := p.ids(""); len(ids) != 1 || ids[0] != n {
		t.Errorf("list: want %s, got %v", n, ids)
	}
	equal(t, "name", any("N"), t.app(http.MethodPut, userPath(id), obj{"name": "N"}).is(http.StatusOK).object()["name"])
	t.app(http.MethodGet, userPath(id), nil).is(http.StatusOK)
}
