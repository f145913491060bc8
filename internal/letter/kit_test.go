package letter_test

import (
	"encoding/json"
	"io/fs"
	"net/mail"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/letter"
)

var secret = []byte("a secret of the tests, and no other")

func epoch() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// files makes a folder of templates: names and texts in turn.
func files(pairs ...string) fs.FS {
	all := make(fstest.MapFS)
	for i := 0; i < len(pairs); i += 2 {
		all[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return all
}

func config(templates fs.FS) letter.Config {
	return letter.Config{Templates: templates, From: "Corner Shop <shop@example.com>", PublicURL: "https://shop.example.com", Secret: secret}
}

func press(t testing.TB, c letter.Config) *letter.Press {
	t.Helper()
	p, err := letter.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// order is a mail as a store hands it out.
func order() *belfry.Mail {
	return &belfry.Mail{
		Delivery: belfry.Delivery{
			ID: belfry.NewID(epoch(), 1, 1), NotificationID: belfry.NewID(epoch(), 0, 1), User: "42", Channel: belfry.Email,
			To: "ada@example.org", State: belfry.Queued, CreatedAt: epoch(),
		},
		Notification: belfry.Notification{
			ID: belfry.NewID(epoch(), 0, 1), Category: "order.assigned", Title: "Order 1138 is yours",
			Body: "Due on Friday.\nPlease call first.\n\nThe key is under the mat.", URL: "/orders/1138", Data: json.RawMessage(`{"order":1138,"total":9.5}`),
			Actor: &belfry.Actor{ID: "7", Name: "Grace"}, CreatedAt: epoch(),
		},
		User: belfry.User{ID: "42", Email: "ada@example.org", Name: "Ada Lovelace", Locale: "en-GB", Timezone: "Europe/London"},
	}
}

// render renders a mail, and fails the test if that fails.
func render(t *testing.T, p *letter.Press, m *belfry.Mail) (id, message string) {
	t.Helper()
	id, b, err := p.Render(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	return id, string(b)
}

// read takes a message apart as a mail reader does.
func read(t *testing.T, message string) (header mail.Header, text, html string) {
	t.Helper()
	parts := letter.Read([]byte(message))
	if parts.Err != nil {
		t.Fatal(parts.Err)
	}
	m, err := mail.ReadMessage(strings.NewReader(message))
	if err != nil {
		t.Fatal(err)
	}
	return m.Header, parts.Text, parts.HTML
}
