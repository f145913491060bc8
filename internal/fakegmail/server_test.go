package fakegmail_test

import (
	"testing"

	"github.com/belfryhq/belfry/internal/fakegmail"
)

func TestMailIsKeptAsSent(t *testing.T) {
	t.Parallel()
	s := start(t, fakegmail.Options{})
	c := login(t, s)
	c.ask("MAIL FROM:<me@example.org> SIZE=100 BODY=8BITMIME", "250 2.1.0 ")
	c.ask("RCPT TO:<ada@example.org>", "250 2.1.5 ")
	c.ask("DATA", "354 ")
	c.ask("Message-ID:\r\n <1@example.org>\r\n\r\n..dot\r\n...\r\nlast\r\n.", "250 2.0.0 ")
	c.ask("QUIT", "221 2.0.0 ")
	got, err := s.WaitFor(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if want := "Message-ID:\r\n <1@example.org>\r\n\r\n.dot\r\n..\r\nlast\r\n"; string(got[0].Data) != want {
		t.Errorf("got %q, want %q", got[0].Data, want)
	}
	if got[0].MessageID != "<1@example.org>" || got[0].User != "me" || got[0].From != "me@example.org" || got[0].By != "DATA" {
		t.Errorf("got %+v", got[0])
	}
}
