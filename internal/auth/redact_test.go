package auth_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/auth"
)

func TestRedactURL(t *testing.T) {
	t.Parallel()
	token := hs256(t, `{"sub":"7","exp":`+in(time.Hour)+`}`)
	for address, want := range map[string]string{
		"/api/v1/notifications/":                                 "/api/v1/notifications/",
		"/api/v1/notifications/?limit=5&category=order.assigned": "/api/v1/notifications/?limit=5&category=order.assigned",
		"/api/v1/users/a%2Fb%20c/":                               "/api/v1/users/a%2Fb%20c/",
		"/x?category=one.two.three.four.five":                    "/x?category=one.two.three.four.five",
		"/x?last_event_id=3f9a-118-4&batch=250&named=1":          "/x?last_event_id=3f9a-118-4&batch=250&named=1",
		"/x?token=":                "/x?token=",
		"/x?token":                 "/x?token",
		"/x?token=abc":             "/x?token=REDACTED",
		"/x?a=1&token=abc&b=2":     "/x?a=1&token=REDACTED&b=2",
		"/x?ticket=abc&ticket=def": "/x?ticket=REDACTED&ticket=REDACTED",
		"/x?TOKEN=abc":             "/x?TOKEN=REDACTED",
		"/x?%74oken=abc":           "/x?%74oken=REDACTED",
		"/x?+token=abc":            "/x?+token=REDACTED",
		"/x?tok%zzen=abc":          "/x?REDACTED",
		"/x?token=a=b":             "/x?token=REDACTED",
		"/x?access_token=abc":      "/x?access_token=REDACTED",
		"/x?q=" + token:            "/x?q=REDACTED",
		"/x?" + token:              "/x?REDACTED",
		"/x?" + token + "=1":       "/x?REDACTED",
		"/x?q=Bearer%20" + token:   "/x?q=REDACTED",
		"/x?q=" + strings.ReplaceAll(token, ".", "%2E"):      "/x?q=REDACTED",
		"/x?q=" + strings.ReplaceAll(token, ".", "%252e"):    "/x?q=REDACTED",
		"/x?next=%2Fstream%3Fticket%3Dabc":                   "/x?next=REDACTED",
		"/x?q=" + appKey:                                     "/x?q=REDACTED",
		"/x?q=%25252525252525":                               "/x?q=REDACTED",
		"/x/" + token + "/y":                                 "/x/REDACTED/y",
		"/x/" + strings.ReplaceAll(token, ".", "%2e") + "/y": "/x/REDACTED/y",
		"https://ada:pw@h.example:8000/x?token=abc#frag":     "https://h.example:8000/x?token=REDACTED",
		"mailto:" + token:                                    "REDACTED",
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		before := *u
		if got := auth.RedactURL(u); got != want {
			t.Errorf("%s:\n got %s\nwant %s", address, got, want)
		}
		if *u != before {
			t.Errorf("%s was changed", address)
		}
	}
}

func FuzzRedactURL(f *testing.F) {
	for _, s := range []string{"/x?a=1", "/x?token=a", "/%2e/?%74oken=b&c", "//h/x?y=%25zz;token=c", "*"} {
		f.Add(s)
	}
	const secret = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl"
	f.Fuzz(func(t *testing.T, s string) {
		u, err := url.Parse(s)
		if err != nil {
			return
		}
		got := auth.RedactURL(u)
		if strings.ContainsAny(got, "\r\n") {
			t.Errorf("%q breaks a line of the log", got)
		}
		// Whatever else an address has, a secret put beside it must not come through.
		sep := ""
		if u.RawQuery != "" {
			sep = "&"
		}
		for _, pair := range []string{"token=canary", "ticket=canary", "x=" + secret} {
			v := *u
			v.RawQuery += sep + pair
			if got := auth.RedactURL(&v); strings.Contains(strings.TrimPrefix(got, auth.RedactURL(u)), "canary") || strings.Contains(got, secret) {
				t.Errorf("%q with %s: got %q", s, pair, got)
			}
		}
	})
}
