package letter_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/letter"
)

var update = flag.Bool("update", false, "write the golden mails anew")

// shop are templates as an app would have them.
func shop() letter.Config {
	return config(os.DirFS("testdata/templates"))
}

// golden are mails that stand in files, LF for CRLF.
func golden() map[string]struct {
	press letter.Config
	mail  *belfry.Mail
} {
	type sample = struct {
		press letter.Config
		mail  *belfry.Mail
	}
	with := func(change func(*belfry.Mail)) *belfry.Mail {
		m := order()
		change(m)
		return m
	}
	bare := config(nil)
	bare.From, bare.PublicURL = "", ""
	rewritten := config(nil)
	rewritten.ReplyTo = "answers@shop.example.com"
	return map[string]sample{
		"default":  {config(nil), order()},
		"bare":     {bare, order()},
		"replies":  {rewritten, with(func(m *belfry.Mail) { m.Plan.Thread = "order-1138" })},
		"critical": {config(nil), with(func(m *belfry.Mail) { m.Notification.Priority = belfry.Critical; m.Notification.URL = "" })},
		"foreign": {config(nil), with(func(m *belfry.Mail) {
			m.Notification.Title, m.Notification.Body, m.User.Name = "注文 1138 が割り当てられました", "金曜日までにお願いします。", "片岡 愛子"
			m.User.Locale = "ja"
		})},
		"override": {config(nil), with(func(m *belfry.Mail) {
			m.Plan.Content = &belfry.EmailContent{Subject: "Said by the app", HTML: "<h1>Hi</h1><p>There is <a href=\"https://x.example\">more</a>.</p>", ReplyTo: "Help <help@example.com>"}
		})},
		"text-alone":      {config(nil), with(func(m *belfry.Mail) { m.Plan.Content = &belfry.EmailContent{Text: "One line.\n\nAnother."} })},
		"template":        {shop(), order()},
		"template-de":     {shop(), with(func(m *belfry.Mail) { m.User.Locale = "de-AT" })},
		"template-prefix": {shop(), with(func(m *belfry.Mail) { m.Notification.Category = "order.assigned.late" })},
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, g := range golden() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, message := render(t, press(t, g.press), g.mail)
			sameAsGolden(t, name, message)
		})
	}
}

// sameAsGolden compares a mail with the one in its file.
func sameAsGolden(t *testing.T, name, message string) {
	t.Helper()
	checkLines(t, []byte(message))
	got := strings.ReplaceAll(message, "\r\n", "\n")
	file := filepath.Join("testdata", name+".eml")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// The same mail is the same bytes: at another time, by another press, after other mails.
func TestRenderingIsDeterministic(t *testing.T) {
	t.Parallel()
	for name, g := range golden() {
		var first []byte
		for range 3 {
			p := press(t, g.press)
			for range 2 {
				id, b, err := p.Render(t.Context(), g.mail)
				if err != nil {
					t.Fatal(err)
				}
				if want := g.mail.Delivery.ID.String() + "@"; !strings.HasPrefix(id, want) {
					t.Fatalf("got Message-ID %s, want %s…", id, want)
				}
				if first == nil {
					first = b
				}
				if !bytes.Equal(first, b) {
					t.Fatalf("%s: rendered differently:\n%s", name, cmp.Diff(string(first), string(b)))
				}
			}
		}
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	p := press(t, config(nil))
	thread := func(user, thread string) string {
		m := order()
		m.User.ID, m.Plan.Thread = user, thread
		_, b := render(t, p, m)
		h, _, _ := read(t, b)
		if h.Get("In-Reply-To") != h.Get("References") {
			t.Errorf("answers to %s, and refers to %s", h.Get("In-Reply-To"), h.Get("References"))
		}
		return h.Get("References")
	}
	if a, b := thread("42", "order-1138"), thread("42", "order-1138"); a == "" || a != b {
		t.Errorf("two mails of a thread refer to %q and %q", a, b)
	}
	for _, other := range []string{thread("43", "order-1138"), thread("42", "order-1139")} {
		if other == thread("42", "order-1138") {
			t.Error("another person's thread, or another one, is the same")
		}
	}
	if got := thread("42", ""); got != "" {
		t.Errorf("a mail without a thread refers to %s", got)
	}
	m := order()
	m.Delivery.CreatedAt = time.Date(2026, 7, 1, 10, 0, 0, 0, time.FixedZone("", 7200))
	_, b := render(t, p, m)
	if h, _, _ := read(t, b); h.Get("Date") != "Wed, 01 Jul 2026 08:00:00 +0000" || h.Get("Auto-Submitted") != "auto-generated" {
		t.Errorf("got Date %q, Auto-Submitted %q", h.Get("Date"), h.Get("Auto-Submitted"))
	}
}

// Who may not switch a mail off is not offered to; nor is anybody when there is no address to offer.
func TestListUnsubscribe(t *testing.T) {
	t.Parallel()
	none, plain := config(nil), config(nil)
	none.PublicURL, plain.PublicURL = "", "http://127.0.0.1:8000"
	critical, urgent := order(), order()
	critical.Notification.Priority, urgent.Plan.Class = belfry.Critical, belfry.Urgent
	for _, tt := range []struct {
		name       string
		config     letter.Config
		mail       *belfry.Mail
		link, post bool
	}{
		{"over https", config(nil), order(), true, true},
		{"over http", plain, order(), true, false}, // RFC 8058 asks for https
		{"no public address", none, order(), false, false},
		{"critical", config(nil), critical, false, false},
		{"urgent", config(nil), urgent, false, false},
	} {
		_, b := render(t, press(t, tt.config), tt.mail)
		h, text, html := read(t, b)
		link, post := h.Get("List-Unsubscribe"), h.Get("List-Unsubscribe-Post")
		if (link != "") != tt.link || (post == "List-Unsubscribe=One-Click") != tt.post {
			t.Errorf("%s: got List-Unsubscribe %q, List-Unsubscribe-Post %q", tt.name, link, post)
		}
		for _, part := range []string{text, html} {
			if strings.Contains(part, "Unsubscribe") != tt.link || strings.Contains(part, "/unsubscribe/") != tt.link {
				t.Errorf("%s: a part offers it otherwise:\n%s", tt.name, part)
			}
		}
	}
}

// An id may have 255 characters of four bytes, and a line of a header 998.
func TestLongIDs(t *testing.T) {
	t.Parallel()
	p := press(t, config(nil))
	for _, id := range []string{strings.Repeat("x", 255), strings.Repeat("𐌰", 255)} {
		m := order()
		m.User.ID = id
		_, b := render(t, p, m)
		checkLines(t, []byte(b))
		h, text, _ := read(t, b)
		token := p.Unsubscribe(id, "order.assigned")
		if !strings.Contains(text, token) || strings.Contains(h.Get("List-Unsubscribe"), token) != (id[0] == 'x') {
			t.Errorf("id of %d bytes: List-Unsubscribe %q, text %s", len(id), h.Get("List-Unsubscribe"), text)
		}
		if got, _, err := p.ReadUnsubscribe(token); err != nil || got != id {
			t.Errorf("id of %d bytes: the token says %q, error %v", len(id), got, err)
		}
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	p := press(t, config(files("long/body.html", `{{range .Data.all}}{{$.Body}}{{end}}`)))
	m := order()
	m.Plan.Content = &belfry.EmailContent{HTML: strings.Repeat("a b ", 30<<20/4)}
	if _, _, err := p.Render(t.Context(), m); err == nil || !strings.Contains(err.Error(), "MB") {
		t.Errorf("30 MB: got error %v", err)
	}
	if err := p.Check(&belfry.Send{Category: "order", Title: "x", Email: m.Plan.Content}); err == nil || !strings.Contains(err.Error(), "email.html") {
		t.Errorf("30 MB sent: got error %v, want one that names the field", err)
	}
	m = order()
	m.Notification.Category, m.Notification.Body = "long", strings.Repeat("x", 1<<20)
	m.Notification.Data = []byte(`{"all":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30]}`)
	if _, _, err := p.Render(t.Context(), m); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("a template that writes 30 MB: got error %v", err)
	}
}
