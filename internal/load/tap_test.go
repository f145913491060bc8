package load_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/belfryhq/belfry/internal/load"
)

// However an answer is cut, by chunks and by reads, each stamp in it is found once and in its place.
func TestStampsInPieces(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var body []byte
		var want []load.Found
		for n := range rapid.Uint32Range(1, 6).Draw(t, "stamps") {
			body = append(body, rapid.SampledFrom([]string{"", "@", "@#", "@#12", "id: 1\ndata: ", "\n\n"}).Draw(t, "between")...)
			lane := rapid.IntRange(0, 99).Draw(t, "lane")
			body = append(body, load.Payload(rapid.IntRange(0, 90).Draw(t, "size"), lane, n+1)...)
			want = append(want, load.Found{Lane: lane, Number: n + 1})
		}
		answer := []byte("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n")
		if rapid.Bool().Draw(t, "chunked") {
			answer = append(answer, "transfer-encoding: chunked\r\n\r\n"...)
			for piece := range pieces(t, body, "chunk") {
				answer = fmt.Appendf(answer, "%x\r\n%s\r\n", len(piece), piece)
			}
		} else {
			answer = append(append(answer, "\r\n"...), body...)
		}
		var reads [][]byte
		for piece := range pieces(t, answer, "read") {
			reads = append(reads, bytes.Clone(piece))
		}
		got, up, err := load.Tap(reads...)
		if err != nil || !up {
			t.Fatalf("up %v, error %v", up, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("of %q: %s", reads, diff)
		}
	})
}

// pieces cuts b somewhere.
func pieces(t *rapid.T, b []byte, name string) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for len(b) > 0 {
			n := rapid.IntRange(1, min(len(b), 60)).Draw(t, name)
			if !yield(b[:n]) {
				return
			}
			b = b[n:]
		}
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"refused":         "HTTP/1.1 401 Unauthorized\r\n\r\n{}",
		"not HTTP":        "SSH-2.0\r\n\r\n",
		"an endless head": "HTTP/1.1 200 OK\r\nX: " + string(bytes.Repeat([]byte("x"), 20<<10)),
		"a bad chunk":     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"a huge chunk":    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffffff\r\n",
		"the last chunk":  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	} {
		if _, _, err := load.Tap([]byte(answer)); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}

// FuzzTap holds that what a server says breaks nothing, and that it does not matter where it is cut.
func FuzzTap(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\n\r\n"+string(load.Payload(0, 1, 1))), uint(30))
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n@#\r\n1\r\n1\r\n"), uint(50))
	f.Fuzz(func(t *testing.T, answer []byte, cut uint) {
		want, _, _ := load.Tap(answer)
		at := int(cut % uint(len(answer)+1))
		got, _, _ := load.Tap(answer[:at], answer[at:])
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}
