package letter_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/letter"
)

// several are mails to one person, of two categories.
func several(n int) (all []*belfry.Mail) {
	for i := range n {
		m := order()
		m.Delivery.ID = belfry.NewID(epoch(), uint16(i), 1)
		m.Delivery.CreatedAt = epoch().Add(time.Duration(i) * time.Minute)
		m.Notification.Title, m.Notification.URL = fmt.Sprint("Order ", i), fmt.Sprint("/orders/", i)
		if i == 1 {
			m.Notification.Category, m.Notification.Actor = "news", nil
			m.Notification.Body = "<b>Less & more</b>"
		}
		all = append(all, m)
	}
	return all
}

func renderFolded(t *testing.T, p *letter.Press, mails []*belfry.Mail) (id, message string) {
	t.Helper()
	id, b, err := p.RenderFolded(t.Context(), mails)
	if err != nil {
		t.Fatal(err)
	}
	return id, string(b)
}

func TestFolded(t *testing.T) {
	t.Parallel()
	p := press(t, config(nil))
	mails := several(3)
	id, message := renderFolded(t, p, mails)
	sameAsGolden(t, "folded", message)
	header, text, html := read(t, message)
	for name, want := range map[string]string{
		"Subject": "Order 0, and 2 more", "Message-Id": "<" + id + ">", "To": `"Ada Lovelace" <ada@example.org>`, "Date": "Sun, 01 Mar 2026 12:02:00 +0000",
		"Auto-Submitted": "auto-generated", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
	} {
		if got := header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	for i := range mails {
		for _, want := range []string{fmt.Sprint("Order ", i), fmt.Sprint("https://shop.example.com/orders/", i)} {
			if strings.Count(text, want) != 1 || !strings.Contains(html, want) {
				t.Errorf("%q stands not once in the text, or not in the page:\n%s", want, text)
			}
		}
	}
	if !strings.Contains(html, "&lt;b&gt;Less &amp; more&lt;/b&gt;") || !strings.Contains(text, "<b>Less & more</b>") {
		t.Errorf("what a notification says is not as it was said:\n%s\n%s", text, html)
	}
	alone, _ := render(t, p, mails[0])
	if alone == id {
		t.Error("alone it has the same Message-ID")
	}
	if _, again := renderFolded(t, p, mails); again != message {
		t.Error("rendered again, it has other bytes")
	}
	token := strings.TrimSuffix(header.Get("List-Unsubscribe"), "/>")
	user, categories, err := p.ReadUnsubscribe(token[strings.LastIndexByte(token, '/')+1:])
	if err != nil || user != "42" || categories != "order.assigned,news" {
		t.Errorf("the link stops %q for %q, %v", categories, user, err)
	}
}

// What somebody wrote for a category, or for one send, is told; what mails do not share, the one for all lacks.
func TestFoldedSaysWhatEachSays(t *testing.T) {
	t.Parallel()
	p := press(t, shop())
	mails := several(3)
	mails[1].Plan.Content = &belfry.EmailContent{Subject: "Said by the app", HTML: "<p>Only <b>here</b>.</p>", ReplyTo: "help@example.com"}
	mails[2].Plan.Thread = "one"
	header, text, html := read(t, func() string { _, m := renderFolded(t, p, mails); return m }())
	_, own, _ := read(t, func() string { _, m := render(t, p, mails[0]); return m }())
	line, _, _ := strings.Cut(strings.TrimSpace(own), "\n")
	for _, want := range []string{"Said by the app", "Only", line} {
		if !strings.Contains(text, want) || !strings.Contains(html, want) {
			t.Errorf("%q is not told:\n%s", want, text)
		}
	}
	if header.Get("In-Reply-To") != "" || header.Get("Reply-To") != "" {
		t.Errorf("it has what not all have: %v", header)
	}
	if n := strings.Count(text, "/unsubscribe/"); n != 1 {
		t.Errorf("%d links to unsubscribe", n)
	}
}

func TestFoldedFails(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(all []*belfry.Mail){
		"there are no mails": func(all []*belfry.Mail) { clear(all) },
		"too many categories": func(all []*belfry.Mail) {
			for i, m := range all {
				m.Notification.Category = fmt.Sprint(strings.Repeat("x", 80), i)
			}
		},
		"read data": func(all []*belfry.Mail) { all[2].Notification.Data = []byte("[]") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mails := several(4)
			change(mails)
			if mails[0] == nil {
				mails = nil
			}
			if _, _, err := press(t, config(nil)).RenderFolded(t.Context(), mails); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// Of what is critical nothing stops.
func TestFoldedCriticalMayNotBeStopped(t *testing.T) {
	t.Parallel()
	mails := several(2)
	for _, m := range mails {
		m.Notification.Priority = belfry.Critical
	}
	_, message := renderFolded(t, press(t, config(nil)), mails)
	if strings.Contains(message, "nsubscribe") {
		t.Errorf("got %s", message)
	}
}
