package door_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const get = "GET " + path + "/ HTTP/1.1\r\n"

// TestNotForTheDoor: whatever is not a plain request for a stream comes to net/http as it was said.
func TestNotForTheDoor(t *testing.T) {
	t.Parallel()
	h := build(t, as("the door"))
	for name, tt := range map[string]struct {
		says   string
		status int // 0: it is echoed
		want   echo
	}{
		"another path":     {says: "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", want: echo{URI: "/healthz"}},
		"a longer path":    {says: "GET " + path + "/more HTTP/1.1\r\nHost: x\r\n\r\n", want: echo{URI: path + "/more"}},
		"two slashes":      {says: "GET " + path + "// HTTP/1.1\r\nHost: x\r\n\r\n", want: echo{URI: path + "//"}},
		"an encoded path":  {says: "GET /api/%73tream HTTP/1.1\r\nHost: x\r\n\r\n", want: echo{URI: "/api/%73tream"}},
		"absolute":         {says: "GET http://x" + path + "/ HTTP/1.1\r\nHost: x\r\n\r\n", want: echo{URI: "http://x" + path + "/"}},
		"POST":             {says: "POST " + path + "/ HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi", want: echo{Method: "POST", URI: path + "/", Body: "hi"}},
		"HEAD":             {says: "HEAD " + path + "/ HTTP/1.1\r\nHost: x\r\n\r\n", status: 200},
		"lower case":       {says: "get " + path + "/ HTTP/1.1\r\nHost: x\r\n\r\n", want: echo{Method: "get", URI: path + "/"}},
		"HTTP/1.0":         {says: "GET " + path + "/ HTTP/1.0\r\nHost: x\r\n\r\n", want: echo{URI: path + "/"}},
		"a body":           {says: get + "Host: x\r\nContent-Length: 2\r\n\r\nhi", want: echo{URI: path + "/", Body: "hi"}},
		"a body in chunks": {says: get + "Host: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", want: echo{URI: path + "/", Body: "hi"}},
		"a long head":      {says: get + "Host: x\r\nX-Long: " + strings.Repeat("x", 10<<10) + "\r\n\r\n", want: echo{URI: path + "/"}},
		"an upgrade":       {says: get + "Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", want: echo{URI: path + "/"}},
		"expectations":     {says: get + "Host: x\r\nExpect: 100-continue\r\n\r\n", want: echo{URI: path + "/"}},
		"a folded field":   {says: get + "Host: x\r\nX-A: a\r\n b\r\n\r\n", want: echo{URI: path + "/"}},
		"bare newlines":    {says: strings.ReplaceAll(get+"Host: x\r\n\r\n", "\r", ""), want: echo{URI: path + "/"}},
		"no host":          {says: get + "\r\n", status: 400},
		"two hosts":        {says: get + "Host: x\r\nHost: y\r\n\r\n", status: 400},
		"a strange host":   {says: get + "Host: x y\r\n\r\n", status: 400},
		"control":          {says: get + "Host: x\r\nX-A: a\x01b\r\n\r\n", status: 400},
		"a zero":           {says: get + "Host: x\r\nX-A: a\x00b\r\n\r\n", status: 400},
		"a nameless field": {says: get + "Host: x\r\n: a\r\n\r\n", status: 400},
		"a spaced name":    {says: get + "Host: x\r\nX A: a\r\n\r\n", status: 400},
		"no words":         {says: "\r\n\r\n\r\n\r\nx\r\n\r\n", status: 400},
		"a bad query":      {says: "GET " + path + "?\x7f HTTP/1.1\r\nHost: x\r\n\r\n", status: 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := h.visit(tt.says)
			if tt.status > 0 {
				answer, err := http.ReadResponse(v.in, &http.Request{Method: strings.Fields(tt.says)[0]})
				if err != nil || answer.StatusCode != tt.status {
					t.Fatalf("got %v, %v; want %d", answer, err, tt.status)
				}
				_ = answer.Body.Close()
				return
			}
			got, want := v.echo(), tt.want
			if strings.Contains(tt.says, "Expect:") {
				return // net/http has said that it goes on, and the body that follows is none
			}
			if want.Method == "" {
				want.Method = "GET"
			}
			want.By, want.Host, want.Remote, want.Header = "net/http", "x", v.conn.LocalAddr().String(), got.Header
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("what net/http saw (-want +got):\n%s", diff)
			}
		})
	}
}

// TestHeadInPieces: a head that comes in two pieces is net/http's, and whole.
func TestHeadInPieces(t *testing.T) {
	t.Parallel()
	h := build(t, as("the door"))
	v := h.visit(get + "Host: x\r\nX-A: a")
	<-h.new
	v.say("b\r\n\r\n")
	if got := v.echo(); got.By != "net/http" || got.Header.Get("X-A") != "ab" {
		t.Errorf("got %+v", got)
	}
}

// TestKeptAlive: other connections go on as ever, one request after another or several at once; a stream's request among
// them is answered by net/http, for the connection is its own.
func TestKeptAlive(t *testing.T) {
	t.Parallel()
	h := build(t, as("the door"))
	const other = "GET /other HTTP/1.1\r\nHost: x\r\n\r\n"
	for name, turns := range map[string][]string{
		"one by one":   {other, other, get + "Host: x\r\n\r\n", other},
		"pipelined":    {other + other + get + "Host: x\r\n\r\n" + other},
		"stream first": {get + "Host: x\r\n\r\n" + other + other + other},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := h.visit("")
			for _, says := range turns {
				v.say(says)
				for range 4 / len(turns) {
					if got := v.echo(); got.By != "net/http" {
						t.Errorf("answered by %s", got.By)
					}
				}
			}
		})
	}
}

// TestAnswered: a plain request is answered behind the door, which saw it as net/http would have.
func TestAnswered(t *testing.T) {
	t.Parallel()
	h := build(t, as("the door"))
	for _, target := range []string{path, path + "/", path + "/?a=b&c=%20", path + "?a=/"} {
		v := h.visit("GET " + target + " HTTP/1.1\r\nhost: shop.example:8000\r\nX-Request-Id: 7\r\nx-many: 1\r\nX-Many: \t2 \r\nCookie: a=b; c=\"d\"\r\nContent-Length: 0\r\n\r\n")
		if a := v.hear(); a.status != http.StatusOK || !a.last || a.header.Get("Date") == "" || a.length <= 0 {
			t.Errorf("got %+v", a)
		}
		v.wantEnd()
		again := h.visit("GET " + target + " HTTP/1.1\r\nhost: shop.example:8000\r\nX-Request-Id: 7\r\nx-many: 1\r\nX-Many: \t2 \r\n\r\n")
		want := echo{
			By: "the door", Method: "GET", URI: target, Host: "shop.example:8000", Remote: again.conn.LocalAddr().String(),
			Header: http.Header{"X-Request-Id": {"7"}, "X-Many": {"1", "2"}},
		}
		if diff := cmp.Diff(want, again.echo()); diff != "" {
			t.Errorf("what the door saw (-want +got):\n%s", diff)
		}
	}
	if len(h.new) > 0 {
		t.Error("net/http has seen a connection")
	}
}

// TestStatuses: a refusal arrives whole, also when the client goes on talking.
func TestStatuses(t *testing.T) {
	t.Parallel()
	body := strings.Repeat("no ", 2000)
	h := build(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var status int
		if _, err := fmt.Sscan(r.FormValue("status"), &status); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.Header().Set("X-Bad", "a\r\nb")
		w.WriteHeader(status)
		w.WriteHeader(http.StatusTeapot) // the first counts
		if status != http.StatusNoContent {
			_, _ = w.Write([]byte(body))
		}
	}))
	for _, status := range []int{204, 401, 406, 429, 500} {
		v := h.visit(fmt.Sprintf("GET %s?status=%d HTTP/1.1\r\nHost: x\r\n\r\n", path, status))
		got := v.hear()
		want := body
		if status == http.StatusNoContent {
			want = ""
		}
		if got.status != status || got.body != want || got.header.Get("Content-Type") != "application/problem+json" || got.header.Get("X-Bad") != "a  b" {
			t.Errorf("%d: got %+v", status, got)
		}
		v.wantEnd()
	}
}

// TestPanic: a handler that panics costs its connection, and nothing else.
func TestPanic(t *testing.T) {
	t.Parallel()
	h := build(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("half an ans"))
		switch r.FormValue("with") {
		case "abort":
			panic(http.ErrAbortHandler)
		case "words":
			panic("dear me")
		}
	}))
	for _, with := range []string{"abort", "words"} {
		v := h.visit("GET " + path + "?with=" + with + " HTTP/1.1\r\nHost: x\r\n\r\n")
		v.wantEnd()
	}
	if next := h.visit(get + "Host: x\r\n\r\n").hear(); next.body != "half an ans" {
		t.Errorf("the next one got %+v", next)
	}
	if log := h.log.String(); strings.Count(log, "panic while") != 1 || !strings.Contains(log, "dear me") {
		t.Errorf("the log says %s", log)
	}
}

// TestCloseWaits: closing refuses who comes, and waits for those who are being answered.
func TestCloseWaits(t *testing.T) {
	t.Parallel()
	const some = 20 // more than there are hands
	begun, finish := make(chan struct{}, some), make(chan struct{})
	h := build(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		begun <- struct{}{}
		<-finish
		_, _ = w.Write([]byte("done"))
	}))
	var inside []*visitor
	for range some {
		inside = append(inside, h.visit(get+"Host: x\r\n\r\n"))
		<-begun
	}
	closed := make(chan error, 1)
	go func() { closed <- h.listen.Close() }()
	for {
		c, err := net.Dial("tcp", h.listen.Addr().String())
		if err != nil {
			break // it is refused
		}
		_ = c.Close()
	}
	select {
	case err := <-closed:
		t.Errorf("closed with %v while handlers were running", err)
	default:
	}
	close(finish)
	for _, v := range inside {
		if got := v.hear(); got.body != "done" {
			t.Errorf("got %+v", got)
		}
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}
