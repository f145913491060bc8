package belfry_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/belfryhq/belfry"
)

func TestToOnTheWire(t *testing.T) {
	t.Parallel()
	for want, to := range map[string]belfry.To{
		`"42"`:              belfry.ToUser("42"),
		`["42","43"]`:       belfry.ToUsers("42", "43"),
		`{"topic":"staff"}`: {Topic: "staff"},
		`{"all":true}`:      belfry.ToAll(),
	} {
		b, err := json.Marshal(to)
		if err != nil || string(b) != want {
			t.Errorf("got %s, %v; want %s", b, err, want)
		}
		got := belfry.To{Users: []string{"old"}, Topic: "old", All: true}
		if err := json.Unmarshal([]byte(want), &got); err != nil || !cmp.Equal(got, to) {
			t.Errorf("%s: got %+v, %v; want %+v", want, got, err, to)
		}
	}
	var one belfry.To
	if err := json.Unmarshal([]byte(` ["42"] `), &one); err != nil || !cmp.Equal(one, belfry.ToUser("42")) {
		t.Errorf("got %+v, %v; want an array of one to be that one", one, err)
	}
}

func TestToRefuses(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		`1`, `true`, `null`, `{}`, `[1]`, `["a",2]`, `[["a"]]`, `{"all":false}`, `{"all":null}`, `{"all":"true"}`, `{"all":1}`, `{"topic":""}`, `{"topic":null}`,
		`{"topic":1}`, `{"topic":["a"]}`, `{"all":true,"topic":"a"}`, `{"all":true,"topic":null}`, `{"all":true,"users":[]}`, `{"user":"a"}`, `{"ALL":true}`, `{"Topic":"a"}`,
	} {
		var to belfry.To
		if err := json.Unmarshal([]byte(s), &to); err == nil {
			t.Errorf("%s was read as %+v", s, to)
		}
	}
}

func FuzzTo(f *testing.F) {
	for _, s := range []string{`"42"`, `["a","b"]`, `{"topic":"x"}`, `{"all":true}`, `null`, `[]`, `{"all":true}x`, `"\ud800"`, ``} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var to, back belfry.To
		if to.UnmarshalJSON(b) != nil || to.Users != nil && len(to.Users) == 0 {
			return
		}
		again, err := json.Marshal(to)
		if err != nil {
			t.Fatalf("%q was read as %+v, which cannot be written: %v", b, to, err)
		}
		if err := json.Unmarshal(again, &back); err != nil || !cmp.Equal(back, to) {
			t.Fatalf("%q was read as %+v, written as %s and read as %+v, %v", b, to, again, back, err)
		}
	})
}

// good is a send in which every field is set, and right.
func good() belfry.Send {
	return belfry.Send{
		To: belfry.ToUsers("42", "43"), Category: "order.assigned", Title: "Order 1138 is yours", Body: "Due\non\tFriday\r\n", URL: "/orders/1138",
		Data: json.RawMessage(`{"order":1138}`), Actor: &belfry.Actor{ID: "7", Name: "Ada", AvatarURL: "https://example.com/a.png"}, Priority: belfry.Critical,
		Channels:  []belfry.Channel{belfry.InApp, belfry.Email},
		Email:     &belfry.EmailContent{To: "Ada <ada@example.com>", Subject: "Yours", HTML: "<p>\n", Text: "text\n", ReplyTo: "desk@example.com"},
		DedupeKey: "order-1138", SendAt: time.UnixMilli(1).UTC(), ExpiresAt: time.UnixMilli(2).UTC(),
	}
}

func TestValidateLeavesAGoodSendAlone(t *testing.T) {
	t.Parallel()
	for _, s := range []belfry.Send{good(), {To: belfry.ToAll(), Category: "a", Title: "t"}, {To: belfry.To{Topic: "staff"}, Category: "a", Title: "t"}} {
		want := s
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, s); diff != "" {
			t.Errorf("changed (-want +got):\n%s", diff)
		}
	}
}

func TestValidateBringsIntoNormalForm(t *testing.T) {
	t.Parallel()
	s := good()
	s.To = belfry.ToUsers("b", "a", "b", "c", "a")
	s.Data = json.RawMessage(" { \"a\" : [ 1 , 2 ] } \n")
	s.ExpiresAt = time.Date(2026, 3, 29, 3, 59, 59, 7_999_999, time.FixedZone("", 7200))
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	want := good()
	want.To, want.Data = belfry.ToUsers("b", "a", "c"), json.RawMessage(`{"a":[1,2]}`)
	want.ExpiresAt = time.Date(2026, 3, 29, 1, 59, 59, 7_000_000, time.UTC)
	if diff := cmp.Diff(want, s); diff != "" {
		t.Errorf("normal form (-want +got):\n%s", diff)
	}
	if s.ExpiresAt.Location() != time.UTC {
		t.Errorf("got a time in %v, want UTC", s.ExpiresAt.Location())
	}
	for _, nothing := range []string{"", "null", " null\n"} {
		s.Data = json.RawMessage(nothing)
		if err := s.Validate(); err != nil || s.Data != nil {
			t.Errorf("data %q: got %q, %v; want none", nothing, s.Data, err)
		}
	}
}

// repeat is a string of n characters, each of several bytes.
func repeat(n int) string { return strings.Repeat("é", n) }

// A wrong is one way to spoil a good send, and the fields that must be named for it.
type wrong struct {
	name   string
	spoil  func(*belfry.Send)
	fields []string
}

func wrongs() []wrong {
	w := func(name string, spoil func(*belfry.Send), fields ...string) wrong { return wrong{name, spoil, fields} }
	return slices.Concat([]wrong{
		w("to nobody", func(s *belfry.Send) { s.To = belfry.To{} }, "to"),
		w("to an empty array", func(s *belfry.Send) { s.To = belfry.ToUsers() }, "to"),
		w("to 1,001", func(s *belfry.Send) { s.To = belfry.ToUsers(make([]string, 1001)...) }, "to"),
		w("to two kinds", func(s *belfry.Send) { s.To.All = true }, "to"),
		w("to all and a topic", func(s *belfry.Send) { s.To = belfry.To{All: true, Topic: "staff"} }, "to"),
		w("an empty user", func(s *belfry.Send) { s.To = belfry.ToUser("") }, "to"),
		w("an empty one among users", func(s *belfry.Send) { s.To = belfry.ToUsers("a", "", "b", "\n") }, "to[1]", "to[3]"),
		w("a user of 256", func(s *belfry.Send) { s.To = belfry.ToUser(repeat(256)) }, "to"),
		w("a user with a tab", func(s *belfry.Send) { s.To = belfry.ToUser("a\tb") }, "to"),
		w("a user with a line separator", func(s *belfry.Send) { s.To = belfry.ToUser("a\u2028b") }, "to"),
		w("a user that is no UTF-8", func(s *belfry.Send) { s.To = belfry.ToUser("a\xff") }, "to"),
		w("a topic with a line break", func(s *belfry.Send) { s.To = belfry.To{Topic: "a\nb"} }, "to.topic"),
		w("a topic of 256", func(s *belfry.Send) { s.To = belfry.To{Topic: repeat(256)} }, "to.topic"),
		w("no title", func(s *belfry.Send) { s.Title = "" }, "title"),
		w("a title of spaces", func(s *belfry.Send) { s.Title = " \u00a0" }, "title"),
		w("a title of two lines", func(s *belfry.Send) { s.Title = "a\nb" }, "title"),
		w("a title of 513", func(s *belfry.Send) { s.Title = repeat(513) }, "title"),
		w("a title that is no UTF-8", func(s *belfry.Send) { s.Title = "a\xff" }, "title"),
		w("a body with a NUL", func(s *belfry.Send) { s.Body = "a\x00b" }, "body"),
		w("a body that is no UTF-8", func(s *belfry.Send) { s.Body = "a\xed\xa0\x80" }, "body"),
		w("an actor's id of 256", func(s *belfry.Send) { s.Actor.ID = repeat(256) }, "actor.id"),
		w("an actor's name of two lines", func(s *belfry.Send) { s.Actor.Name = "a\rb" }, "actor.name"),
		w("an actor's picture that runs", func(s *belfry.Send) { s.Actor.AvatarURL = "javascript:alert(1)" }, "actor.avatar_url"),
		w("a priority there is not", func(s *belfry.Send) { s.Priority = 4 }, "priority"),
		w("channels there are not", func(s *belfry.Send) { s.Channels = []belfry.Channel{"sms", "email", ""} }, "channels[0]", "channels[2]"),
		w("a subject of two lines", func(s *belfry.Send) { s.Email.Subject = "a\r\nBcc: b@example.com" }, "email.subject"),
		w("a subject of 999", func(s *belfry.Send) { s.Email.Subject = repeat(999) }, "email.subject"),
		w("HTML with an escape", func(s *belfry.Send) { s.Email.HTML = "\x1b[31m" }, "email.html"),
		w("text with a bell", func(s *belfry.Send) { s.Email.Text = "\a" }, "email.text"),
		w("a dedupe key of 256", func(s *belfry.Send) { s.DedupeKey = repeat(256) }, "dedupe_key"),
		w("a dedupe key of two lines", func(s *belfry.Send) { s.DedupeKey = "a\nb" }, "dedupe_key"),
		w("a time before 1970", func(s *belfry.Send) { s.SendAt = time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC) }, "send_at"),
		w("a time after 9999", func(s *belfry.Send) { s.ExpiresAt = time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -60)) }, "expires_at"),
		w("several at once, in their order", func(s *belfry.Send) { s.URL, s.Category, s.Title = "x", "", "" }, "category", "title", "url"),
	}, wrongCategories(), wrongURLs(), wrongData(), wrongAddresses())
}

func wrongCategories() (out []wrong) {
	for _, c := range []string{"", ".", "a.", ".a", "a..b", "A", "order.Assigned", "a b", "a-b", "ä", "a.*", "*", "a\n", strings.Repeat("a", 101)} {
		out = append(out, wrong{"the category " + c, func(s *belfry.Send) { s.Category = c }, []string{"category"}})
	}
	return out
}

func wrongURLs() (out []wrong) {
	for _, u := range []string{
		"x", "orders/7", "//evil.example", `/\evil.example`, `\\evil.example`, "javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "ftp://example.com", "http:",
		"http://", "https:///x", "http:evil", "https:/evil.example", " /x", "/a\nb", "/\xff", "mailto:a@example.com", "?a=1", "#a", "https://exa mple.com", "/%zz", "/" + repeat(1024),
	} {
		out = append(out, wrong{"the url " + u, func(s *belfry.Send) { s.URL = u }, []string{"url"}})
	}
	return out
}

func wrongData() (out []wrong) {
	for _, d := range []string{"1", `"a"`, "[]", "true", "{", "{}{}", "{a:1}", `{"a":}`, `{"a":01}`, "{\"a\":\"\xff\"}", "{\"a\":\"\n\"}", "nulls"} {
		out = append(out, wrong{"the data " + d, func(s *belfry.Send) { s.Data = json.RawMessage(d) }, []string{"data"}})
	}
	return out
}

func wrongAddresses() (out []wrong) {
	for _, a := range []string{
		"ada", "@example.com", "ada@", "a b@example.com", "ada@example.com, bob@example.com", "ada@example.com\r\nBcc: b@example.com", "<ada@example.com", "ada@example.com\x00",
		strings.Repeat("a", 64) + "@" + strings.Repeat("b", 256), " ", "Ada \xff <ada@example.com>",
	} {
		out = append(out,
			wrong{"email.to " + a, func(s *belfry.Send) { s.Email.To = a }, []string{"email.to"}},
			wrong{"email.reply_to " + a, func(s *belfry.Send) { s.Email.ReplyTo = a }, []string{"email.reply_to"}},
		)
	}
	return out
}

func TestValidateNamesEachFieldAtFault(t *testing.T) {
	t.Parallel()
	for _, w := range wrongs() {
		s := good()
		w.spoil(&s)
		err := s.Validate()
		if diff := cmp.Diff(w.fields, fields(err)); diff != "" {
			t.Errorf("%q: fields at fault (-want +got):\n%s\n%v", w.name, diff, err)
		}
	}
}

func TestValidateTakesWhatIsJustWithin(t *testing.T) {
	t.Parallel()
	users := make([]string, belfry.MaxRecipients)
	for i := range users {
		users[i] = fmt.Sprint(i)
	}
	for name, change := range map[string]func(*belfry.Send){
		"1,000 users":             func(s *belfry.Send) { s.To = belfry.ToUsers(users...) },
		"a user of 255":           func(s *belfry.Send) { s.To = belfry.ToUser(repeat(255)) },
		"a user with a space":     func(s *belfry.Send) { s.To = belfry.ToUser("Ada Lovelace") },
		"a user of emoji":         func(s *belfry.Send) { s.To = belfry.ToUser("🔔日本") },
		"a category of 100":       func(s *belfry.Send) { s.Category = strings.Repeat("a", 100) },
		"a category of digits":    func(s *belfry.Send) { s.Category = "_1._.0" },
		"a title of 512":          func(s *belfry.Send) { s.Title = repeat(512) },
		"a title of marks":        func(s *belfry.Send) { s.Title = "\u2028<b>&amp;" },
		"a long body":             func(s *belfry.Send) { s.Body = repeat(100_000) },
		"a root path":             func(s *belfry.Send) { s.URL = "/" },
		"a path with a query":     func(s *belfry.Send) { s.URL = "/a/b?c=//d&e=%20#f" },
		"http":                    func(s *belfry.Send) { s.URL = "http://localhost:8000" },
		"https in capitals":       func(s *belfry.Send) { s.URL = "HTTPS://EXAMPLE.COM/A" },
		"a url of 2,048":          func(s *belfry.Send) { s.URL = "/" + strings.Repeat("a", 2047) },
		"empty data":              func(s *belfry.Send) { s.Data = json.RawMessage(`{}`) },
		"no actor":                func(s *belfry.Send) { s.Actor = nil },
		"an empty actor":          func(s *belfry.Send) { s.Actor = &belfry.Actor{} },
		"no channels":             func(s *belfry.Send) { s.Channels = nil },
		"no email":                func(s *belfry.Send) { s.Email = nil },
		"an empty email":          func(s *belfry.Send) { s.Email = &belfry.EmailContent{} },
		"a subject of 998":        func(s *belfry.Send) { s.Email.Subject = repeat(998) },
		"an address with a tag":   func(s *belfry.Send) { s.Email.To = "ada+tag@sub.example.com" },
		"an address of 320 bytes": func(s *belfry.Send) { s.Email.To = strings.Repeat("a", 64) + "@" + strings.Repeat("b", 255) },
		"a dedupe key of 255":     func(s *belfry.Send) { s.DedupeKey = repeat(255) },
		"the first moment":        func(s *belfry.Send) { s.SendAt = time.Unix(0, 0) },
		"the last moment":         func(s *belfry.Send) { s.ExpiresAt = time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC) },
	} {
		s := good()
		change(&s)
		if err := s.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestValidateBoundsItsAnswer(t *testing.T) {
	t.Parallel()
	s := good()
	s.To = belfry.ToUsers(slices.Repeat([]string{"\n"}, 1000)...)
	if got := len(fields(s.Validate())); got != 20 {
		t.Errorf("got %d faults for a thousand, want 20", got)
	}
}

// TestValidateTwice: what was found good stays so, and as it is; a send is validated by whoever takes it in, twice if
// it passes through two hands.
func TestValidateTwice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := belfry.Send{
			To:       belfry.ToUsers(rapid.SliceOfN(rapid.StringN(1, 5, -1), 1, 5).Draw(t, "users")...),
			Category: rapid.StringMatching(`[a-z0-9_]{1,4}(\.[a-z0-9_]{1,4}){0,3}`).Draw(t, "category"),
			Title:    rapid.String().Draw(t, "title"), Body: rapid.String().Draw(t, "body"), URL: rapid.SampledFrom([]string{"", "/a", "https://a.example"}).Draw(t, "url"),
			ExpiresAt: time.Unix(0, rapid.Int64().Draw(t, "expiry")),
		}
		if s.Validate() != nil {
			return
		}
		want := s
		if err := s.Validate(); err != nil {
			t.Fatalf("the second time: %v", err)
		}
		if diff := cmp.Diff(want, s); diff != "" {
			t.Fatalf("changed the second time (-first +second):\n%s", diff)
		}
	})
}
