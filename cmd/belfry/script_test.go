package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/belfryhq/belfry/internal/fakegmail"
)

// This package's tests stand inside it, because a command has no other face than its command line: the scripts run
// main itself, in processes of its own.

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"belfry": main})
}

// TestScripts runs testdata/script. Beside testscript's own commands there are, each trying again until it holds:
//
//	waitgrep [-v NAME] REGEXP FILE    the file holds a match; NAME becomes its first group
//	waitfor REGEXP URL [TOKEN]        "STATUS BODY" of a GET holds a match
//
// fake SCENARIO starts a mail server that behaves so until the script ends: EMAIL_PORT becomes its port and the
// file cert.pem its certificate.
//
// tokens STATUS BODY answers so for the refresh token "refresh-xyz" until the script ends, and refuses any other as revoked:
// EMAIL_OAUTH2_TOKEN_URL becomes its address. The fake takes the access token "access-xyz".
//
// And: request METHOD URL [TOKEN [BODY]] prints the status and the body; hang ADDR KEY begins a send
// and does not end it.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"waitgrep": waitGrep, "waitfor": waitFor, "request": request, "hang": hang, "fake": fake, "tokens": tokens,
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("NO_COLOR", "1")
			env.Setenv("GORACE", "atexit_sleep_ms=0") // else each process of a race build ends a second later
			for _, proxy := range []string{"http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"} {
				env.Setenv(proxy, "") // the scripts speak to this machine alone
			}
			return nil
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// patience is how long a condition may take to hold; it is reached by what is broken alone.
const patience = 30 * time.Second

// until tries again until ok holds.
func until(ts *testscript.TestScript, what string, ok func(context.Context) (bool, string)) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		holds, seen := ok(ctx)
		if holds {
			return
		}
		select {
		case <-ctx.Done():
			ts.Fatalf("%s: not within %v; last seen:\n%s", what, patience, seen)
		case <-tick.C:
		}
	}
}

func waitGrep(ts *testscript.TestScript, neg bool, args []string) {
	name := ""
	if len(args) == 4 && args[0] == "-v" {
		name, args = args[1], args[2:]
	}
	if neg || len(args) != 2 {
		ts.Fatalf("usage: waitgrep [-v NAME] REGEXP FILE")
	}
	re, err := regexp.Compile(`(?m)` + args[0])
	ts.Check(err)
	until(ts, "waitgrep "+args[0], func(context.Context) (bool, string) {
		text, err := os.ReadFile(ts.MkAbs(args[1]))
		if err != nil {
			return false, err.Error()
		}
		match := re.FindStringSubmatch(string(text))
		if match != nil && name != "" {
			ts.Setenv(name, match[1])
		}
		return match != nil, string(text)
	})
}

func waitFor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: waitfor REGEXP URL [TOKEN]")
	}
	re, err := regexp.Compile(args[0])
	ts.Check(err)
	token := ""
	if len(args) == 3 {
		token = args[2]
	}
	until(ts, "waitfor "+args[0], func(ctx context.Context) (bool, string) {
		answer, err := ask(ctx, http.MethodGet, args[1], token, "")
		if err != nil {
			return false, err.Error()
		}
		return re.MatchString(answer), answer
	})
}

func request(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 4 {
		ts.Fatalf("usage: request METHOD URL [TOKEN [BODY]]")
	}
	args = append(args, "", "")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	answer, err := ask(ctx, args[0], args[1], args[2], args[3])
	ts.Check(err)
	_, _ = fmt.Fprintln(ts.Stdout(), answer)
}

// hang knows that the server reads the body, and so counts the request as one under way, by its 100.
func hang(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: hang ADDR KEY")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", args[0])
	ts.Check(err)
	ts.Defer(func() { _ = conn.Close() })
	_, err = fmt.Fprintf(conn, "POST /api/v1/notifications/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n", args[1])
	ts.Check(err)
	ts.Check(conn.SetReadDeadline(time.Now().Add(patience)))
	line, err := bufio.NewReader(conn).ReadString('\n')
	ts.Check(err)
	if !strings.HasPrefix(line, "HTTP/1.1 100 ") {
		ts.Fatalf("hang: %q; want a 100", line)
	}
}

func fake(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: fake SCENARIO")
	}
	scenario, err := fakegmail.ParseScenario(args[0])
	ts.Check(err)
	s, err := fakegmail.Start(context.Background(), fakegmail.Options{
		Scenario: scenario, Users: map[string]string{"me@gmail.com": "kvqx mwzr jplt hbnd"},
		Tokens: map[string]string{"me@gmail.com": "access-xyz"},
	})
	ts.Check(err)
	ts.Defer(func() { ts.Check(s.Close()) })
	ts.Check(os.WriteFile(ts.MkAbs("cert.pem"), s.CertPEM(), 0o600))
	ts.Setenv("EMAIL_PORT", fmt.Sprint(s.Port()))
}

// tokens is the address at which access tokens are fetched.
func tokens(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: tokens STATUS BODY")
	}
	status, err := strconv.Atoi(args[0])
	ts.Check(err)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		ours := r.FormValue("grant_type") == "refresh_token" && r.FormValue("client_id") == "id-xyz" && r.FormValue("client_secret") == "client-xyz"
		if !ours || r.FormValue("refresh_token") != "refresh-xyz" {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"error":"invalid_grant","error_description":"Token has been expired or revoked."}`)
			return
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, args[1])
	}))
	ts.Defer(s.Close)
	ts.Setenv("EMAIL_OAUTH2_TOKEN_URL", s.URL+"/token")
}

// ask returns "STATUS COOKIES BODY".
func ask(ctx context.Context, method, url, token, body string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	return fmt.Sprintf("%d %s %s", resp.StatusCode, strings.Join(resp.Header.Values("Set-Cookie"), " "), b), err
}
