package sse_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/belfryhq/belfry/internal/sse"
)

func readAll(t *testing.T, in io.Reader) ([]sse.Event, *sse.Reader) {
	t.Helper()
	r := sse.NewReader(in)
	var events []sse.Event
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return events, r
		}
		if err != nil {
			t.Fatalf("Next: %v", err)
		}
		events = append(events, e)
	}
}

func message(data string) sse.Event { return sse.Event{Name: "message", Data: data} }

func TestReader(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in   string
		want []sse.Event
	}{
		// Examples of the standard, section 9.2.6.
		"standard: three messages":           {"data: This is the first message.\n\ndata: This is the second message, it\ndata: has two lines.\n\ndata: This is the third message.\n\n", []sse.Event{message("This is the first message."), message("This is the second message, it\nhas two lines."), message("This is the third message.")}},
		"standard: names":                    {"event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent: add\ndata: 113411\n\n", []sse.Event{{Name: "add", Data: "73857293"}, {Name: "remove", Data: "2153"}, {Name: "add", Data: "113411"}}},
		"standard: YHOO":                     {"data: YHOO\ndata: +2\ndata: 10\n\n", []sse.Event{message("YHOO\n+2\n10")}},
		"standard: four blocks, id reset":    {": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n", []sse.Event{{ID: "1", Name: "message", Data: "first event"}, message("second event")}},
		"standard: fourth block completed":   {"data:  third event\n\n", []sse.Event{message(" third event")}},
		"standard: two events, last dropped": {"data\n\ndata\ndata\n\ndata:", []sse.Event{message(""), message("\n")}},
		"standard: identical, one space":     {"data:test\n\ndata: test\n\n", []sse.Event{message("test"), message("test")}},

		"CRLF":                              {"data: a\r\ndata: b\r\n\r\n", []sse.Event{message("a\nb")}},
		"CR":                                {"data: a\rdata: b\r\r", []sse.Event{message("a\nb")}},
		"mixed line ends":                   {"data: a\rdata: b\r\ndata: c\n\r\n", []sse.Event{message("a\nb\nc")}},
		"LF CR is two ends":                 {"data: a\n\rdata: b\n\n", []sse.Event{message("a"), message("b")}},
		"one BOM is dropped":                {"\uFEFFdata: a\n\n", []sse.Event{message("a")}},
		"a second BOM is not":               {"\uFEFF\uFEFFdata: a\n\ndata: b\n\n", []sse.Event{message("b")}},
		"a BOM inside stays":                {"data: \uFEFFa\n\n", []sse.Event{message("\uFEFFa")}},
		"comment":                           {": hi\n:\ndata: a\n:data: b\n\n", []sse.Event{message("a")}},
		"unknown field":                     {"datas: x\nDATA: x\n data: x\ndata: a\n\n", []sse.Event{message("a")}},
		"no data, no event":                 {"event: a\n\ndata: b\n\n", []sse.Event{message("b")}},
		"empty event name":                  {"event: a\nevent:\ndata: b\n\n", []sse.Event{message("b")}},
		"last event name wins":              {"event: a\nevent: b\ndata: c\n\n", []sse.Event{{Name: "b", Data: "c"}}},
		"a colon in data":                   {"data: a:b: c\n\n", []sse.Event{message("a:b: c")}},
		"a NUL in data stays":               {"data: a\x00b\n\n", []sse.Event{message("a\x00b")}},
		"id persists":                       {"id: 7\ndata: a\n\ndata: b\n\n", []sse.Event{{ID: "7", Name: "message", Data: "a"}, {ID: "7", Name: "message", Data: "b"}}},
		"id without data counts":            {"id: 7\n\ndata: b\n\n", []sse.Event{{ID: "7", Name: "message", Data: "b"}}},
		"id with NUL is ignored":            {"id: 7\nid: 8\x009\ndata: a\n\n", []sse.Event{{ID: "7", Name: "message", Data: "a"}}},
		"empty id forgets":                  {"id: 7\ndata: a\n\nid:\ndata: b\n\n", []sse.Event{{ID: "7", Name: "message", Data: "a"}, message("b")}},
		"retry":                             {"retry: 1500\ndata: a\n\ndata: b\n\n", []sse.Event{{Name: "message", Data: "a", Retry: 1500 * time.Millisecond}, message("b")}},
		"retry without event waits for one": {"retry: 20\n\ndata: a\n\n", []sse.Event{{Name: "message", Data: "a", Retry: 20 * time.Millisecond}}},
		"retry with other signs":            {"retry: 10x\nretry: -1\nretry: 1.5\nretry:\nretry\nretry: +3\ndata: a\n\n", []sse.Event{message("a")}},
		"retry with leading zeros":          {"retry: 007\ndata: a\n\n", []sse.Event{{Name: "message", Data: "a", Retry: 7 * time.Millisecond}}},
		"retry with two spaces":             {"retry:  7\ndata: a\n\n", []sse.Event{message("a")}},
		"incomplete at the end":             {"data: a\n\ndata: b\n", []sse.Event{message("a")}},
		"incomplete line at the end":        {"data: a", nil},
		"broken UTF-8, maximal parts":       {"data: \xF0\x9F\x92x\xC0\xAF\xED\xA0\x80\xE2\x82\n\n", []sse.Event{message("\uFFFDx\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD")}},
		"line separators of Unicode stay":   {"data: a\u2028b\u2029c\u0085d\n\n", []sse.Event{message("a\u2028b\u2029c\u0085d")}},
		"only blank lines":                  {"\n\n\r\r\r\n", nil},
		"nothing":                           {"", nil},
		"half a BOM":                        {"\xEF\xBB", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for how, in := range map[string]io.Reader{
				"at once":      strings.NewReader(test.in),
				"byte by byte": iotest.OneByteReader(strings.NewReader(test.in)),
				"error early":  iotest.DataErrReader(strings.NewReader(test.in)),
			} {
				got, _ := readAll(t, in)
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("%s: want - got +\n%s", how, diff)
				}
			}
		})
	}
}

func TestReaderRetryOverflow(t *testing.T) {
	t.Parallel()
	got, _ := readAll(t, strings.NewReader("retry: "+strings.Repeat("9", 400)+"\ndata: a\n\n"))
	if len(got) != 1 || got[0].Retry < 24*time.Hour {
		t.Errorf("want a long wait, got %v", got)
	}
}

func TestReaderLastEventID(t *testing.T) {
	t.Parallel()
	_, r := readAll(t, strings.NewReader("id: 1\ndata: a\n\nid: 2\n\nid: 3\ndata: dropped"))
	if want, got := "2", r.LastEventID(); want != got {
		t.Errorf("last event id: want %q, got %q", want, got)
	}
}

// An event that ends in CR is there at once: the reader may not wait for an LF that never comes.
func TestReaderDoesNotWait(t *testing.T) {
	t.Parallel()
	in, out := io.Pipe()
	t.Cleanup(func() { _ = out.Close() })
	go func() { _, _ = io.WriteString(out, "data: a\r\r") }()
	got, err := sse.NewReader(in).Next()
	if err != nil || got != message("a") {
		t.Errorf("want %v, got %v, %v", message("a"), got, err)
	}
}

func TestReaderLimits(t *testing.T) {
	t.Parallel()
	half := strings.Repeat("x", sse.MaxEvent/2)
	tests := map[string]struct {
		in   string
		want error
	}{
		"the longest data":    {"data:" + strings.Repeat("x", sse.MaxEvent-5) + "\n\n", nil},
		"a longer line":       {"data:" + strings.Repeat("x", sse.MaxEvent-4) + "\n\n", sse.ErrTooLong},
		"a line without end":  {half + half + half, sse.ErrTooLong},
		"a comment too long":  {":" + half + half + "\n", sse.ErrTooLong},
		"data of many lines":  {"data:" + half + "\ndata:" + half + "\n\n", sse.ErrTooLong},
		"two events fit":      {"data:" + half + "\n\ndata:" + half + "\n\n", nil},
		"many short comments": {strings.Repeat(": keep\n", sse.MaxEvent/4) + "data: a\n\n", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := sse.NewReader(strings.NewReader(test.in))
			if _, err := r.Next(); !errors.Is(err, test.want) {
				t.Fatalf("want %v, got %v", test.want, err)
			}
			if _, err := r.Next(); test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("the error stays: want %v, got %v", test.want, err)
			}
		})
	}
}

func TestReaderPassesErrorsOn(t *testing.T) {
	t.Parallel()
	want := errors.New("the wire broke")
	r := sse.NewReader(io.MultiReader(strings.NewReader("data: a\n\ndata: b\n"), iotest.ErrReader(want)))
	if got, err := r.Next(); err != nil || got != message("a") {
		t.Fatalf("want %v, got %v, %v", message("a"), got, err)
	}
	if _, err := r.Next(); !errors.Is(err, want) {
		t.Errorf("want %v, got %v", want, err)
	}
}
