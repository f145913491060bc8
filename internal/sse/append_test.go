package sse_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/belfryhq/belfry/internal/sse"
)

func TestAppend(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ got, want string }{
		"plain":           {string(sse.AppendEvent(nil, "", []byte("a"))), "data: a\n\n"},
		"named":           {string(sse.AppendEvent(nil, "update", []byte("a"))), "event: update\ndata: a\n\n"},
		"no data":         {string(sse.AppendEvent(nil, "", nil)), "data: \n\n"},
		"every break":     {string(sse.AppendEvent(nil, "", []byte("a\r\nb\rc\nd\n\re"))), "data: a\ndata: b\ndata: c\ndata: d\ndata: \ndata: e\n\n"},
		"a break last":    {string(sse.AppendEvent(nil, "", []byte("a\r"))), "data: a\ndata: \n\n"},
		"a space first":   {string(sse.AppendEvent(nil, "", []byte(" a"))), "data:  a\n\n"},
		"injected name":   {string(sse.AppendEvent(nil, "a\ndata: evil", []byte("b"))), "event: a\ndata: b\n\n"},
		"injected id":     {string(sse.AppendID(nil, "1\r\rdata: evil")), "id: 1\n"},
		"id":              {string(sse.AppendID([]byte("x"), "3f9a-1-2")), "xid: 3f9a-1-2\n"},
		"retry":           {string(sse.AppendRetry(nil, 2140)), "retry: 2140\n"},
		"retry below 0":   {string(sse.AppendRetry(nil, -1)), "retry: 0\n"},
		"appends, indeed": {string(sse.AppendEvent([]byte("id: 1\n"), "", []byte("a"))), "id: 1\ndata: a\n\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.got != test.want {
				t.Errorf("want %q, got %q", test.want, test.got)
			}
		})
	}
}

func normalBreaks(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// A choppy reader gives as many bytes at a time as it is told, over and over.
type choppy struct {
	in    io.Reader
	sizes []int
	turn  int
}

func (c *choppy) Read(p []byte) (int, error) {
	size := c.sizes[c.turn%len(c.sizes)]
	c.turn++
	return c.in.Read(p[:min(size, len(p))])
}

func TestEncodeThenParseIsTheIdentity(t *testing.T) {
	t.Parallel()
	text := rapid.OneOf(
		rapid.String(),
		rapid.StringOfN(rapid.SampledFrom([]rune("\r\n\x00\uFEFF\u2028 :aé🔔")), 0, 40, -1),
		rapid.Map(rapid.IntRange(4000, 9000), func(n int) string { return strings.Repeat("ab\r", n/3) + " " }),
	)
	word := rapid.StringMatching(`[a-z]{0,8}`)
	rapid.Check(t, func(t *rapid.T) {
		var b []byte
		var want []sse.Event
		id := ""
		for range rapid.IntRange(0, 6).Draw(t, "events") {
			e := sse.Event{}
			if rapid.Bool().Draw(t, "has id") {
				id = rapid.StringMatching(`[0-9a-f]{1,4}-[0-9]{1,3}-[0-9]{1,3}`).Draw(t, "id")
				b = sse.AppendID(b, id)
			}
			if rapid.Bool().Draw(t, "has retry") {
				ms := rapid.Int64Range(1, 1<<40).Draw(t, "retry")
				b = sse.AppendRetry(b, ms)
				e.Retry = time.Duration(ms) * time.Millisecond
			}
			e.Name = word.Draw(t, "name")
			data := text.Draw(t, "data")
			b = sse.AppendEvent(b, e.Name, []byte(data))
			if e.Name == "" {
				e.Name = "message"
			}
			e.ID, e.Data = id, normalBreaks(data)
			want = append(want, e)
		}
		sizes := rapid.SliceOfN(rapid.IntRange(1, 7000), 1, 5).Draw(t, "sizes")
		r := sse.NewReader(&choppy{in: bytes.NewReader(b), sizes: sizes})
		var got []sse.Event
		for e, err := r.Next(); err != io.EOF; e, err = r.Next() { //nolint:errorlint // Next promises io.EOF itself
			if err != nil {
				t.Fatalf("Next: %v", err)
			}
			got = append(got, e)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("want - got +\n%s", diff)
		}
	})
}

// FuzzReader checks on any bytes that how they are cut into reads changes nothing, and that what was read can be
// written and read again.
func FuzzReader(f *testing.F) {
	f.Add([]byte("\uFEFFid: 1\r\nevent: a\rdata: b\n\nretry: 5\n\n"), 3)
	f.Add([]byte("data\r\r\ndata:\xF0\x9F\n\n"), 1)
	f.Fuzz(func(t *testing.T, in []byte, size int) {
		want, _ := readAll(t, bytes.NewReader(in))
		got, _ := readAll(t, &choppy{in: bytes.NewReader(in), sizes: []int{max(1, size%7)}})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("cut into reads: want - got +\n%s", diff)
		}
		var b []byte
		for _, e := range want {
			b = sse.AppendEvent(sse.AppendID(b, e.ID), e.Name, []byte(e.Data))
		}
		again, _ := readAll(t, bytes.NewReader(b))
		for i := range want {
			want[i].Retry = 0
		}
		if diff := cmp.Diff(want, again); diff != "" {
			t.Fatalf("written and read again: want - got +\n%s", diff)
		}
	})
}
