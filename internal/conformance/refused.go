package conformance

import (
	"net/http"
	"strings"
	"time"
)

// A wrong is a change to a good send that makes it one to refuse, with the field that the refusal must name.
type wrong struct {
	name  string
	field string
	more  obj
}

// sendRefusedCases: a send that is wrong in one field is a 422 that names it, and nothing is sent.
func sendRefusedCases() []Case {
	var cases []Case
	for _, w := range append(append(wrongTypes(), wrongText()...), append(wrongPlaces(), notYet()...)...) {
		cases = append(cases, Case{Name: "send refused: " + w.name, Run: func(t *T) {
			p := t.person()
			t.app(http.MethodPost, notificationsPath, p.body("A", w.more)).blames(w.field)
			p.wantCounts(0, 0)
		}})
	}
	return cases
}

func wrongTypes() []wrong {
	return []wrong{
		{"title missing", "title", obj{"title": nil}},
		{"category missing", "category", obj{"category": nil}},
		{"to missing", "to", obj{"to": nil}},
		{"an unknown member", "titel", obj{"titel": "A"}},
		{"a member in the wrong case", "Body", obj{"Body": "A"}},
		{"an unknown member of actor", "actor.age", obj{"actor": obj{"age": 7}}},
		{"an unknown member of email", "email.cc", obj{"email": obj{"cc": "a@b.example"}}},
		{"title a number", "title", obj{"title": 7}},
		{"title a list", "title", obj{"title": []string{"A"}}},
		{"body an object", "body", obj{"body": obj{}}},
		{"category a number", "category", obj{"category": 1.5}},
		{"url false", "url", obj{"url": false}},
		{"data a string", "data", obj{"data": "x"}},
		{"data a list", "data", obj{"data": []int{1}}},
		{"actor a string", "actor", obj{"actor": "Ada"}},
		{"actor.name a number", "actor.name", obj{"actor": obj{"name": 7}}},
		{"priority unknown", "priority", obj{"priority": "urgent"}},
		{"priority a number", "priority", obj{"priority": 1}},
		{"priority in capitals", "priority", obj{"priority": "HIGH"}},
		{"channels a string", "channels", obj{"channels": "email"}},
		{"channels unknown", "channels[1]", obj{"channels": []string{"in_app", "pigeon"}}},
		{"email a string", "email", obj{"email": "a@b.example"}},
		{"expires_at a number", "expires_at", obj{"expires_at": 7}},
		{"expires_at a word", "expires_at", obj{"expires_at": "tomorrow"}},
		{"expires_at a date alone", "expires_at", obj{"expires_at": "2099-01-01"}},
		{"expires_at past", "expires_at", obj{"expires_at": "2001-01-01T00:00:00Z"}},
		{"expires_at beyond the year 9999", "expires_at", obj{"expires_at": "+10000-01-01T00:00:00Z"}},
		{"dedupe_key a number", "dedupe_key", obj{"dedupe_key": 7}},
		{"to a number", "to", obj{"to": 42}},
		{"to true", "to", obj{"to": true}},
		{"to an empty object", "to", obj{"to": obj{}}},
		{"to all: false", "to", obj{"to": obj{"all": false}}},
		{"to all and a topic", "to", obj{"to": obj{"all": true, "topic": "x"}}},
		{"to an unknown object", "to.group", obj{"to": obj{"group": "x"}}},
		{"to a list of numbers", "to[0]", obj{"to": []int{1, 2}}},
	}
}

func wrongText() []wrong {
	return []wrong{
		{"title empty", "title", obj{"title": ""}},
		{"title blank", "title", obj{"title": " \u00a0 "}},
		{"title of two lines", "title", obj{"title": "A\nB"}},
		{"title with a carriage return", "title", obj{"title": "A\rdata: evil"}},
		{"title with NUL", "title", obj{"title": "A\x00"}},
		{"title with escape", "title", obj{"title": "\x1b[31mA"}},
		{"title with DEL", "title", obj{"title": "A\x7f"}},
		{"title with a C1 control", "title", obj{"title": "A\u0085B"}},
		{"title of 513 characters", "title", obj{"title": strings.Repeat("x", 513)}},
		{"body with NUL", "body", obj{"body": "A\x00B"}},
		{"body with backspace", "body", obj{"body": "A\bB"}},
		{"category in capitals", "category", obj{"category": "Order"}},
		{"category with a dot first", "category", obj{"category": ".order"}},
		{"category with a dot last", "category", obj{"category": "order."}},
		{"category with two dots", "category", obj{"category": "order..assigned"}},
		{"category with a dash", "category", obj{"category": "order-assigned"}},
		{"category with a space", "category", obj{"category": "order assigned"}},
		{"category not ASCII", "category", obj{"category": "bestätigung"}},
		{"category of 101 characters", "category", obj{"category": strings.Repeat("a", 101)}},
		{"category empty", "category", obj{"category": ""}},
		{"dedupe_key of 256 characters", "dedupe_key", obj{"dedupe_key": strings.Repeat("k", 256)}},
		{"dedupe_key of two lines", "dedupe_key", obj{"dedupe_key": "a\nb"}},
		{"actor.name of two lines", "actor.name", obj{"actor": obj{"name": "A\nB"}}},
	}
}

func wrongPlaces() []wrong {
	return []wrong{
		{"url a script", "url", obj{"url": "javascript:alert(1)"}},
		{"url a script in capitals", "url", obj{"url": "JaVaScRiPt:alert(1)"}},
		{"url data", "url", obj{"url": "data:text/html,x"}},
		{"url of another host by two slashes", "url", obj{"url": "//evil.example/"}},
		{"url of another host by backslash", "url", obj{"url": `/\evil.example/`}},
		{"url relative", "url", obj{"url": "orders/7"}},
		{"url ftp", "url", obj{"url": "ftp://shop.example/"}},
		{"url without host", "url", obj{"url": "https:///orders"}},
		{"url with a tab", "url", obj{"url": "/a\tb"}},
		{"url of 2,049 characters", "url", obj{"url": "/" + strings.Repeat("x", 2048)}},
		{"actor.avatar_url a script", "actor.avatar_url", obj{"actor": obj{"avatar_url": "javascript:x"}}},
		{"email.to no address", "email.to", obj{"email": obj{"to": "nobody"}}},
		{"email.to with a header", "email.to", obj{"email": obj{"to": "a@b.example\r\nBcc: c@d.example"}}},
		{"email.reply_to no address", "email.reply_to", obj{"email": obj{"reply_to": "@"}}},
		{"email.thread of two lines", "email.thread", obj{"email": obj{"thread": "a\nb"}}},
		{"email.subject of two lines", "email.subject", obj{"email": obj{"subject": "A\r\nBcc: c@d.example"}}},
		{"email.html with NUL", "email.html", obj{"email": obj{"html": "\x00"}}},
	}
}

// notYet is what the contract has and this version refuses in words. A server that has learned it passes by another case.
func notYet() []wrong {
	return []wrong{
		{"send_at in the future is not yet", "send_at", obj{"send_at": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}},
		{"a topic is not yet", "to.topic", obj{"to": obj{"topic": "staff"}}},
		{"a broadcast with a dedupe_key", "dedupe_key", obj{"to": obj{"all": true}, "dedupe_key": "k"}},
		{"a broadcast by email is not yet", "channels[0]", obj{"to": obj{"all": true}, "channels": []string{"email"}}},
	}
}
