package fakegmail_test

import (
	"bytes"
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/belfryhq/belfry/internal/fakegmail"
)

// A client that is not ours finds what it expects of a server.
func TestSwaks(t *testing.T) {
	t.Parallel()
	path, err := exec.LookPath("swaks")
	if err != nil {
		t.Fatalf("%v: install it with .ci/setup, or apt-get install swaks libnet-ssleay-perl", err)
	}
	for _, c := range []struct {
		name     string
		tls      fakegmail.TLSMode
		scenario string
		password string
		flags    []string
		status   int // of swaks: 0 is sent, else it says at which stage it failed
		said     string
	}{
		{name: "plain", flags: []string{"--auth", "PLAIN", "--tls"}, said: "250 2.0.0 OK"},
		{name: "login", flags: []string{"--auth", "LOGIN", "--tls"}, said: "235 2.7.0 Accepted"},
		{name: "implicit", tls: fakegmail.Implicit, flags: []string{"--auth", "PLAIN", "--tls-on-connect"}, said: "250 2.0.0 OK"},
		{name: "pipelined", flags: []string{"--auth", "PLAIN", "--tls", "--pipeline"}, said: "250 2.0.0 OK"},
		{name: "wrong password", password: "wrong", flags: []string{"--auth", "PLAIN", "--tls"}, status: 28, said: "535-5.7.8 Username and Password not accepted"},
		{name: "in the clear", flags: []string{"--auth", "PLAIN"}, status: 28, said: "Host did not advertise authentication"},
		{name: "no such user", scenario: "no-such-user", flags: []string{"--auth", "PLAIN", "--tls"}, status: 24, said: "550-5.1.1"},
		{name: "quota", scenario: "quota=0/24h", flags: []string{"--auth", "PLAIN", "--tls"}, status: 23, said: "550-5.4.5 Daily user sending limit"},
		{name: "quota at data", scenario: "quota=0/24h@data", flags: []string{"--auth", "PLAIN", "--tls"}, status: 25, said: "550-5.4.5 Daily user sending limit"},
		{name: "lost answer", scenario: "drop=after-dot", flags: []string{"--auth", "PLAIN", "--tls"}, status: 6, said: "Remote host closed connection"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			opts := scenario(t, c.scenario)
			opts.TLS, opts.Users = c.tls, map[string]string{"me@gmail.com": "abcd efgh ijkl mnop"}
			s := start(t, opts)
			password := c.password
			if password == "" {
				password = "abcdefghijklmnop"
			}
			args := append([]string{
				"--server", s.Host(), "--port", strconv.Itoa(s.Port()), "--helo", "client.example", "--timeout", "20s", "--no-data-fixup",
				"--from", "me@gmail.com", "--to", "ada@example.org", "--auth-user", "me@gmail.com", "--auth-password", password,
				"--data", "Message-ID: <1@example.org>\r\nSubject: try\r\n\r\n.dot\r\n..\r\n\r\n.\r\n",
			}, c.flags...)
			out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput()
			var exit *exec.ExitError
			status := 0
			if err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			if exit != nil {
				status = exit.ExitCode()
			}
			if status != c.status || !bytes.Contains(out, []byte(c.said)) {
				t.Fatalf("status %d, want %d and %q:\n%s", status, c.status, c.said, out)
			}
			want := btoi(c.status == 0 || strings.HasPrefix(c.scenario, "drop=after"))
			if got := len(s.Messages()); got != want {
				t.Fatalf("%d mails, want %d", got, want)
			}
			if text := "Message-ID: <1@example.org>\r\nSubject: try\r\n\r\ndot\r\n.\r\n\r\n"; want == 1 && string(s.Messages()[0].Data) != text {
				t.Errorf("got %q, want %q", s.Messages()[0].Data, text)
			}
		})
	}
}
