package letter_test

import (
	"mime"
	"net/mail"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/letter"
)

// What could be another header, or a letter of its own, is refused wherever it stands.
func TestHeadersCannotBeInjected(t *testing.T) {
	t.Parallel()
	p := press(t, config(files("sneaky/subject.txt", "{{.Data.s}}")))
	for _, evil := range []string{"a\r\nBcc: eve@evil.example", "a\nBcc: eve@evil.example", "a\rBcc: x", "a\x00b", "a\r\n\r\n<p>body", "a\u0085b", "a\x7fb", "bad\xffutf8"} {
		for place, put := range map[string]func(*belfry.Mail){
			"title":    func(m *belfry.Mail) { m.Notification.Title = evil },
			"name":     func(m *belfry.Mail) { m.User.Name = evil },
			"address":  func(m *belfry.Mail) { m.Delivery.To = evil + "@example.org" },
			"reply to": func(m *belfry.Mail) { m.Plan.Content = &belfry.EmailContent{ReplyTo: evil + " <x@example.org>"} },
			"subject":  func(m *belfry.Mail) { m.Plan.Content = &belfry.EmailContent{Subject: evil} },
		} {
			m := order()
			put(m)
			if _, b, err := p.Render(t.Context(), m); err == nil {
				t.Errorf("%s %q: got a mail:\n%s", place, evil, b)
			}
		}
	}
	m := order()
	m.Notification.Category, m.Notification.Data = "sneaky", []byte(`{"s":"a\r\nBcc: eve@evil.example"}`)
	if _, _, err := p.Render(t.Context(), m); err == nil || !strings.Contains(err.Error(), "sneaky/subject.txt") {
		t.Errorf("a subject of two lines by a template: got error %v, want one that names the file", err)
	}
	for _, from := range []string{"Shop\r\nBcc: x <a@b.example>", "not an address", "a@b.example\x00"} {
		c := config(nil)
		c.From = from
		if _, err := letter.New(c); err == nil {
			t.Errorf("%q was taken for a sender", from)
		}
	}
}

// Whatever a person is called and a subject says, a mail reader shows that, and a line is a line.
func TestHeadersSayWhatWasMeant(t *testing.T) {
	t.Parallel()
	p := press(t, config(nil))
	printable := rapid.StringOfN(rapid.RuneFrom([]rune{' ', ' ', '=', '?'}, unicode.PrintRanges...), 1, 998, -1)
	rapid.Check(t, func(rt *rapid.T) {
		m := order()
		subject, name := printable.Draw(rt, "subject"), rapid.StringOfN(rapid.RuneFrom([]rune{' ', ' ', '=', '?'}, unicode.PrintRanges...), 0, 255, -1).Draw(rt, "name")
		m.Notification.Title, m.User.Name = subject, name
		_, b, err := p.Render(t.Context(), m)
		if err != nil {
			rt.Fatal(err)
		}
		checkLines(rt, b)
		read, err := mail.ReadMessage(strings.NewReader(string(b)))
		if err != nil {
			rt.Fatal(err)
		}
		got, err := new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject"))
		if err != nil || got != subject {
			rt.Fatalf("got subject %q, error %v, want %q", got, err, subject)
		}
		to, err := read.Header.AddressList("To")
		if err != nil || len(to) != 1 || to[0].Address != "ada@example.org" {
			rt.Fatalf("got recipients %v, error %v", to, err)
		}
		wide := strings.NewReplacer(`\`, "\uFF3C") // which a backslash becomes beside foreign letters
		if got, want := wide.Replace(strings.TrimSpace(to[0].Name)), wide.Replace(strings.TrimSpace(name)); got != want {
			rt.Fatalf("got name %q, want %q", got, want)
		}
	})
}

// checkLines holds a message to RFC 5322: CRLF alone, no line over 998 bytes, ASCII.
func checkLines(t interface{ Fatalf(string, ...any) }, b []byte) {
	text := string(b)
	if bare := strings.NewReplacer("\r\n", "").Replace(text); strings.ContainsAny(bare, "\r\n\x00") {
		t.Fatalf("a bare CR or LF, or a NUL, in %q", text)
	}
	for line := range strings.SplitSeq(text, "\r\n") {
		if len(line) > 998 {
			t.Fatalf("a line of %d bytes", len(line))
		}
		for i := range len(line) {
			if line[i] >= utf8.RuneSelf {
				t.Fatalf("a byte that is not ASCII in %q", line)
			}
		}
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	p := press(t, config(nil))
	for _, tt := range []struct{ to, want string }{
		{"ada@example.org", "<ada@example.org>"},
		{"ada@bücher.example", "<ada@xn--bcher-kva.example>"},
		{"ada@BÜCHER.example", "<ada@xn--bcher-kva.example>"},
		{`"ª\\" <ada@example.org>`, "<ada@example.org>"},
		{`"a b"@example.org`, `<"a b"@example.org>`},
		{"ada+tag@mail_host.example", "<ada+tag@mail_host.example>"},
	} {
		m := order()
		m.Delivery.To = tt.to
		_, b := render(t, p, m)
		if !strings.Contains(b, tt.want) {
			t.Errorf("to %q: want %s in\n%s", tt.to, tt.want, b[:600])
		}
	}
	m := order()
	m.Delivery.To = strings.Repeat("a", 320) + "@example.org"
	if _, _, err := p.Render(t.Context(), m); err == nil {
		t.Error("an address of more than 320 characters was taken")
	}
}
