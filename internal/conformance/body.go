package conformance

import (
	"io"
	"net/http"
	"strings"
)

// limit is the largest body.
const limit = 512 * 1024

func bodyCases() []Case {
	post := func(t *T, body any, header map[string]string) *answer {
		return t.do(call{as: t.appKey(), method: http.MethodPost, path: notificationsPath, body: body, header: header})
	}
	cases := []Case{
		{Name: "body: 512 KiB are accepted", Run: func(t *T) {
			p := t.person()
			b := bodyText(p.body("A", nil))
			post(t, b+strings.Repeat(" ", limit-len(b)), nil).is(http.StatusCreated)
		}},
		{Name: "body: one byte over 512 KiB is a 413", Run: func(t *T) {
			b := bodyText(t.person().body("A", nil))
			post(t, b+strings.Repeat(" ", limit-len(b)+1), nil).is(http.StatusRequestEntityTooLarge)
		}},
		{Name: "body: 600 KiB in chunks are a 413", Run: func(t *T) {
			b := bodyText(t.person().body("A", nil))
			post(t, io.MultiReader(strings.NewReader(b), strings.NewReader(strings.Repeat(" ", 600*1024))), nil).is(http.StatusRequestEntityTooLarge)
		}},
		{Name: "body: a small one in chunks is accepted", Run: func(t *T) {
			post(t, io.MultiReader(strings.NewReader(bodyText(t.person().body("A", nil)))), nil).is(http.StatusCreated)
		}},
		{Name: "body: a text of 600 KiB is a 413", Run: func(t *T) {
			post(t, t.person().body("A", obj{"body": strings.Repeat("x", 600*1024)}), nil).is(http.StatusRequestEntityTooLarge)
		}},
		{Name: "body: 10 MB are refused without harm", Run: tenMegabytes},
		{Name: "body: a bulk over 512 KiB is a 413", Run: func(t *T) {
			send := t.person().body("A", obj{"body": strings.Repeat("x", 300*1024)})
			t.app(http.MethodPost, bulkPath, obj{"notifications": []obj{send, send}}).is(http.StatusRequestEntityTooLarge)
		}},
		{Name: "body: other types are a 415", Run: func(t *T) {
			b := bodyText(t.person().body("A", nil))
			for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", "nonsense"} {
				post(t, b, map[string]string{"Content-Type": kind}).is(http.StatusUnsupportedMediaType)
			}
		}},
		{Name: "body: a compressed one is a 415", Run: func(t *T) {
			p := t.person()
			b := bodyText(p.body("A", nil))
			for _, coding := range []string{"gzip", "deflate", "br", "zstd", "gzip, identity", "x"} {
				post(t, b, map[string]string{"Content-Encoding": coding}).is(http.StatusUnsupportedMediaType)
			}
			post(t, b, map[string]string{"Content-Encoding": "identity"}).is(http.StatusCreated)
			p.wantCounts(1, 1)
		}},
		{Name: "body: JSON by any of its names is accepted", Run: func(t *T) {
			b := bodyText(t.person().body("A", nil))
			for _, kind := range []string{"application/json", "application/json; charset=utf-8", "APPLICATION/JSON", ""} {
				post(t, b, map[string]string{"Content-Type": kind}).is(http.StatusCreated)
			}
		}},
		{Name: "body: space and line breaks around it are fine", Run: func(t *T) {
			post(t, "\r\n\t "+bodyText(t.person().body("A", nil))+"\n\n", nil).is(http.StatusCreated)
		}},
		{Name: "body: a member named twice is refused", Run: func(t *T) {
			p := t.person()
			post(t, `{"to":"`+p.id+`","category":"conformance","title":"A","title":"B"}`, nil).is(http.StatusUnprocessableEntity, http.StatusBadRequest)
			p.wantCounts(0, 0)
		}},
		{Name: "body: none where one is needed is refused in words", Run: func(t *T) {
			post(t, nil, nil).is(http.StatusBadRequest, http.StatusUnprocessableEntity)
			post(t, "", nil).is(http.StatusBadRequest, http.StatusUnprocessableEntity)
		}},
	}
	for name, b := range brokenBodies() {
		cases = append(cases, Case{Name: "body: " + name + " is refused", Run: func(t *T) {
			p := t.person()
			b := strings.ReplaceAll(b, "{user_id}", p.id)
			for _, c := range []call{
				{as: t.appKey(), method: http.MethodPost, path: notificationsPath},
				{as: t.appKey(), method: http.MethodPost, path: bulkPath},
				{as: t.appKey(), method: http.MethodPut, path: userPath(p.id)},
				{as: p.as(), method: http.MethodPut, path: preferencesPath},
				{as: p.as(), method: http.MethodPost, path: markPath},
				{as: p.as(), method: http.MethodPost, path: closePath},
			} {
				c.body = b
				t.do(c).is(http.StatusBadRequest, http.StatusUnprocessableEntity)
			}
			p.wantCounts(0, 0)
		}})
	}
	return cases
}

func brokenBodies() map[string]string {
	const good = `{"to":"{user_id}","category":"conformance","title":"A"`
	return map[string]string{
		"half an object":          good,
		"text after the object":   good + `} x`,
		"a second object":         good + `}{}`,
		"no JSON":                 `to=42&title=A`,
		"a comma too many":        good + `,}`,
		"a comment":               good + `} // A`,
		"a list":                  `[1]`,
		"a string":                `"A"`,
		"a number":                `7`,
		"true":                    `true`,
		"broken UTF-8":            good + `,"body":"` + "\xff\xfe" + `"}`,
		"half a surrogate":        good + `,"body":"\ud800"}`,
		"a raw control character": good + `,"body":"` + "\x01" + `"}`,
		"brackets 100,000 deep":   strings.Repeat("[", 100_000),
		"objects 50,000 deep":     strings.Repeat(`{"data":`, 50_000),
		"NaN":                     `{"notifications":NaN}`,
	}
}

// tenMegabytes: a server may answer before it has read everything, and close; that is no fault.
func tenMegabytes(t *T) {
	p := t.person()
	r := t.request(call{as: t.appKey(), method: http.MethodPost, path: notificationsPath, body: p.body("A", obj{"body": strings.Repeat("x", 10_000_000)})})
	resp, err := t.target.HTTP.Do(r)
	if err == nil {
		defer func() { _ = resp.Body.Close() }()
		equal(t, "status", http.StatusRequestEntityTooLarge, resp.StatusCode)
	}
	p.wantCounts(0, 0)
}
