package belfry_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/belfryhq/belfry"
)

func sample() belfry.Notification {
	at := time.Date(2026, 3, 29, 1, 59, 59, 7_900_000, time.FixedZone("", 2*3600))
	return belfry.Notification{
		ID: belfry.NewID(at, 1, 2), Category: "order.assigned", Title: `"Ada" & <Bob> \`, Body: "a\n\tb\r\x01", URL: "/orders/1?a=1&b=2",
		Data: json.RawMessage(`{"order":1138}`), Actor: &belfry.Actor{ID: "7", Name: "Ada"}, Priority: belfry.High, CreatedAt: at, ReadAt: at.Add(time.Hour),
	}
}

func TestNotificationOnTheWire(t *testing.T) {
	t.Parallel()
	n := sample()
	want := `{"id":"` + n.ID.String() + `","category":"order.assigned","title":"\"Ada\" & <Bob> \\","body":"a\n\tb\u000d\u0001","url":"/orders/1?a=1&b=2",` +
		`"data":{"order":1138},"actor":{"id":"7","name":"Ada","avatar_url":""},"priority":"high","created_at":"2026-03-28T23:59:59.007Z",` +
		`"seen_at":null,"read_at":"2026-03-29T00:59:59.007Z","archived_at":null,"expires_at":null}`
	if got := string(n.AppendJSON([]byte("data: "))); got != "data: "+want {
		t.Errorf("got  %s\nwant data: %s", got, want)
	}
	empty := belfry.Notification{}
	got := string(empty.AppendJSON(nil))
	for _, part := range []string{`"title":""`, `"data":{}`, `"actor":null`, `"priority":"normal"`, `"created_at":null`} {
		if !strings.Contains(got, part) {
			t.Errorf("got %s, want it to have %s", got, part)
		}
	}
}

func TestNotificationIsEncodedAlikeWhereverItStands(t *testing.T) {
	t.Parallel()
	n := sample()
	var want bytes.Buffer
	if err := json.Compact(&want, n.AppendJSON(nil)); err != nil {
		t.Fatal(err)
	}
	for what, v := range map[string]any{"a value": n, "a pointer": &n, "a field": struct{ N belfry.Notification }{n}, "a map": map[string]belfry.Notification{"N": n}} {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(v); err != nil {
			t.Fatal(err)
		}
		got := strings.TrimSpace(b.String())
		got = strings.TrimSuffix(strings.TrimPrefix(got, `{"N":`), strings.Repeat("}", strings.Count(got[:5], `{"N":`)))
		if got != want.String() {
			t.Errorf("%s: got %s\nwant %s", what, got, want.String())
		}
	}
}

// FuzzNotificationJSON: what is written is one line of valid JSON, and is read back as it was, by encoding/json alone
// and by the type's own reader.
func FuzzNotificationJSON(f *testing.F) {
	f.Add("order", "title", "body", "/url", []byte(`{"a":1}`), "name", uint8(2), int64(1_700_000_000_007))
	f.Add("\x00\x1f\x7f", "\u2028\u2029\ufeff\uffff", "\xff\xc0\x80\xed\xa0\x80", `\"/`, []byte(`{"a":"\u2028\ud83d\ude00"}`), "\U0001F514", uint8(0), int64(0))
	f.Add("", "\r\n\r\ndata: x", "</script>", "", []byte(nil), "", uint8(3), int64(-62135596800000))
	f.Fuzz(func(t *testing.T, category, title, body, url string, data []byte, actor string, priority uint8, ms int64) {
		const maxMS = 253402300799999 // the end of the year 9999
		if ms = ms % maxMS; ms < 0 {
			ms = -ms
		}
		n := belfry.Notification{
			ID: belfry.NewID(time.UnixMilli(ms), 0, 0), Category: category, Title: title, Body: body, URL: url, Priority: belfry.Priority(priority % 4),
			CreatedAt: time.UnixMilli(ms).UTC(), Actor: &belfry.Actor{Name: actor},
		}
		var compact bytes.Buffer
		if utf8.Valid(data) && bytes.HasPrefix(data, []byte("{")) && json.Compact(&compact, data) == nil {
			n.Data = compact.Bytes()
		}
		b := n.AppendJSON(nil)
		if !json.Valid(b) || !utf8.Valid(b) || bytes.ContainsAny(b, "\r\n\x00") {
			t.Fatalf("not one line of JSON: %q", b)
		}
		var plain map[string]any
		if err := json.Unmarshal(b, &plain); err != nil {
			t.Fatal(err)
		}
		for field, want := range map[string]string{"category": category, "title": title, "body": body, "url": url} {
			if got := plain[field]; got != string([]rune(want)) { // as a conversion does, each byte that is no UTF-8 becomes U+FFFD
				t.Errorf("%s: got %q, want %q", field, got, want)
			}
		}
		var back belfry.Notification
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		n.Category, n.Title, n.Body, n.URL, n.Actor.Name = valid(category), valid(title), valid(body), valid(url), valid(actor)
		if n.Data == nil {
			n.Data = json.RawMessage("{}")
		}
		if diff := cmp.Diff(n, back); diff != "" {
			t.Errorf("read back (-want +got):\n%s", diff)
		}
	})
}

func valid(s string) string { return string([]rune(s)) }

func TestPriority(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]belfry.Priority{`"normal"`: belfry.Normal, `"low"`: belfry.Low, `"high"`: belfry.High, `"critical"`: belfry.Critical} {
		b, err := json.Marshal(p)
		if err != nil || string(b) != want {
			t.Errorf("got %s, %v; want %s", b, err, want)
		}
		var got belfry.Priority
		if err := json.Unmarshal(b, &got); err != nil || got != p {
			t.Errorf("%s: got %v, %v; want %v", b, got, err, p)
		}
	}
	for _, s := range []string{`"urgent"`, `""`, `"Normal"`, `1`} {
		var p belfry.Priority
		if err := json.Unmarshal([]byte(s), &p); err == nil {
			t.Errorf("%s was read as %v", s, p)
		}
	}
	if got := belfry.Priority(9).String(); got != "priority(9)" {
		t.Errorf("got %q for a priority there is not", got)
	}
}
