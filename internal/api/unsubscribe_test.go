package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/api"
	"github.com/belfryhq/belfry/internal/letter"
)

// mailing is a world whose mails have links to unsubscribe.
func mailing(t *testing.T) (*world, *letter.Press) {
	t.Helper()
	press, err := letter.New(letter.Config{Secret: []byte("a secret of the tests, and no other")})
	if err != nil {
		t.Fatal(err)
	}
	return newWorld(t, func(c *api.Config, _ *world) { c.Tokens = press }), press
}

const form = "application/x-www-form-urlencoded"

func TestUnsubscribe(t *testing.T) {
	t.Parallel()
	const boundary = "multipart/form-data; boundary=bell"
	tests := []struct {
		name, kind, body string
		want             belfry.Preferences
	}{
		{"one click of a mail reader", form, "List-Unsubscribe=One-Click", belfry.Preferences{"order.assigned": {belfry.Email: false, belfry.InApp: false}, "news": {belfry.Email: true}}},
		{"one click, in parts", boundary, "--bell\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--bell--\r\n", belfry.Preferences{"order.assigned": {belfry.Email: false, belfry.InApp: false}, "news": {belfry.Email: true}}},
		{"the page's button", form, "what=category", belfry.Preferences{"order.assigned": {belfry.Email: false, belfry.InApp: false}, "news": {belfry.Email: true}}},
		{"no body", form, "", belfry.Preferences{"order.assigned": {belfry.Email: false, belfry.InApp: false}, "news": {belfry.Email: true}}},
		{"everything", form, "what=all", belfry.Preferences{"*": {belfry.Email: false}, "order.assigned": {belfry.InApp: false}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w, press := mailing(t)
			before := belfry.Preferences{"order.assigned": {belfry.InApp: false}, "news": {belfry.Email: true}}
			if err := w.store.SetPreferences(t.Context(), "42", before); err != nil {
				t.Fatal(err)
			}
			path := "/unsubscribe/" + press.Unsubscribe("42", "order.assigned") + "/"
			for range 2 { // the second changes nothing
				a := w.do("POST", path, tt.body, header("Content-Type", tt.kind))
				if a.StatusCode != http.StatusOK || !strings.Contains(a.body, "Done") {
					t.Fatalf("got %d %s", a.StatusCode, a.body)
				}
			}
			got, err := w.store.Preferences(t.Context(), "42")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("preferences, -want +got:\n%s", diff)
			}
		})
	}
}

// A mail that tells of several notifications is stopped as a whole.
func TestUnsubscribeFromSeveral(t *testing.T) {
	t.Parallel()
	w, press := mailing(t)
	path := "/unsubscribe/" + press.Unsubscribe("42", "order.assigned,news") + "/"
	if a := w.do("GET", path, nil); !strings.Contains(a.body, "Stop emails about order.assigned, news") {
		t.Errorf("the page asks: %s", a.body)
	}
	a := w.do("POST", path, "List-Unsubscribe=One-Click", header("Content-Type", form))
	if a.StatusCode != http.StatusOK || !strings.Contains(a.body, "order.assigned, news") || !strings.Contains(a.body, "Those that waited to be sent are canceled") {
		t.Errorf("got %d %s", a.StatusCode, a.body)
	}
	got, err := w.store.Preferences(t.Context(), "42")
	want := belfry.Preferences{"order.assigned": {belfry.Email: false}, "news": {belfry.Email: false}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("preferences, -want +got: %v\n%s", err, diff)
	}
}

// Mail servers follow every link of a mail to look for harm.
func TestUnsubscribePageChangesNothing(t *testing.T) {
	t.Parallel()
	w, press := mailing(t)
	path := "/unsubscribe/" + press.Unsubscribe("42", "order.assigned")
	for _, method := range []string{"GET", "HEAD"} {
		a := w.do(method, path, nil)
		if a.StatusCode != http.StatusOK {
			t.Fatalf("%s: got %d", method, a.StatusCode)
		}
		policy := a.Header.Get("Content-Security-Policy")
		if strings.Contains(policy, "unsafe") || !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") {
			t.Errorf("%s: policy %q", method, policy)
		}
	}
	a := w.do("GET", path, nil)
	if !strings.Contains(a.body, `<form method="post">`) || !strings.Contains(a.body, "order.assigned") {
		t.Errorf("got no form about the category: %s", a.body)
	}
	if got, err := w.store.Preferences(t.Context(), "42"); err != nil || len(got) > 0 {
		t.Errorf("got preferences %v, error %v", got, err)
	}
}

func TestForgedLinksToUnsubscribe(t *testing.T) {
	t.Parallel()
	w, press := mailing(t)
	token := press.Unsubscribe("42", "parcel")
	stranger, err := letter.New(letter.Config{Secret: []byte("a secret of somebody else entirely")})
	if err != nil {
		t.Fatal(err)
	}
	for _, forged := range []string{token[1:], token[:len(token)-1], stranger.Unsubscribe("42", "parcel"), "x", token + "A", "%00", strings.Repeat("A", 3000)} {
		for _, method := range []string{"GET", "POST"} {
			a := w.do(method, "/unsubscribe/"+forged+"/", "what=all", header("Content-Type", form))
			if a.StatusCode != http.StatusNotFound || strings.Contains(a.body, "parcel") {
				t.Errorf("%s %.40q: got %d %s", method, forged, a.StatusCode, a.body)
			}
		}
	}
	if got, err := w.store.Preferences(t.Context(), "42"); err != nil || len(got) > 0 {
		t.Errorf("got preferences %v, error %v", got, err)
	}
}

// The link is a right, and a log is read by many.
func TestLinksToUnsubscribeAreNotLogged(t *testing.T) {
	t.Parallel()
	w, press := mailing(t)
	token := press.Unsubscribe("42", "parcel")
	w.do("GET", "/unsubscribe/"+token+"/", nil)
	w.do("POST", "/unsubscribe/"+token+"/?x="+token, "", header("Content-Type", form))
	var log string
	w.eventually(func() bool {
		w.hold.mu.Lock()
		defer w.hold.mu.Unlock()
		log = w.log.String()
		return strings.Count(log, "/unsubscribe/{token}") == 2
	})
	if strings.Contains(log, token) {
		t.Errorf("the log has the link:\n%s", log)
	}
}
