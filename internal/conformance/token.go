package conformance

import (
	"crypto/sha256"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"
)

func soon() int64 { return time.Now().Add(10 * time.Minute).Unix() }

func tokenCases() []Case {
	cases := []Case{
		{Name: "token: by header, query and cookie", Run: tokenPlaces},
		{Name: "token: the scheme's case does not matter", Run: func(t *T) {
			t.needJWT()
			p := t.person()
			as := func(r *http.Request) { r.Header.Set("Authorization", "bEARER "+p.token) }
			t.do(call{as: as, method: http.MethodGet, path: countsPath}).is(http.StatusOK)
		}},
		{Name: "token: user_id goes before sub", Run: func(t *T) { t.known(func(id string) obj { return obj{"user_id": id, "sub": "somebody-else"} }) }},
		{Name: "token: sub stands in for user_id", Run: func(t *T) { t.known(func(id string) obj { return obj{"sub": id} }) }},
		{Name: "token: token_type access is fine", Run: func(t *T) { t.known(func(id string) obj { return obj{"user_id": id, "token_type": "access"} }) }},
		{Name: "token: an id may be a number", Run: func(t *T) {
			t.needJWT()
			id := time.Now().UnixNano() / 1000
			var s struct {
				User string `json:"user_id"`
			}
			t.do(call{as: bearer(t.jwt(obj{"user_id": id, "exp": soon()})), method: http.MethodGet, path: statusPath}).is(http.StatusOK).into(&s)
			equal(t, "user_id", bodyText(id), s.User)
		}},
		{Name: "token: an API key is no person's token", Run: func(t *T) {
			t.do(call{method: http.MethodGet, path: countsPath + "?token=" + url.QueryEscape(t.target.APIKey)}).is(http.StatusUnauthorized, http.StatusForbidden)
		}},
		{Name: "token: a refusal does not repeat it", Run: func(t *T) {
			token := "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0." + unique()
			a := t.do(call{method: http.MethodGet, path: countsPath + "?token=" + token}).is(http.StatusUnauthorized)
			if strings.Contains(string(a.body), token) {
				t.Errorf("the refusal has the token in it: %s", a.body)
			}
		}},
		{Name: "token: a cookie from another site changes nothing", Run: crossSite},
	}
	for name, claims := range badClaims() {
		cases = append(cases, Case{Name: "token: refused: " + name, Run: func(t *T) {
			t.needJWT()
			c := obj{"user_id": "conformance", "exp": soon()}
			maps.Copy(c, claims)
			maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
			t.unknown(t.jwt(c))
		}})
	}
	for _, alg := range []string{"none", "None", "nOnE", "HS384", "HS512", "RS256", "ES256", ""} {
		cases = append(cases, Case{Name: "token: refused: algorithm " + strings.TrimSpace(alg+" ") + " instead of HS256", Run: func(t *T) {
			t.needJWT()
			t.unknown(byAlgorithm(alg, obj{"user_id": "conformance", "exp": soon()}, t.target.JWTSecret))
		}})
	}
	return append(cases, Case{Name: "token: refused: broken in every part", Run: brokenTokens})
}

func badClaims() map[string]obj {
	past := time.Now().Add(-time.Hour).Unix()
	return map[string]obj{
		"expired":            {"exp": past},
		"without exp":        {"exp": nil},
		"exp is a word":      {"exp": "never"},
		"not valid yet":      {"nbf": soon()},
		"a refresh token":    {"token_type": "refresh"},
		"a sliding token":    {"token_type": "sliding"},
		"nobody's":           {"user_id": nil},
		"an empty id":        {"user_id": "", "sub": ""},
		"an id of half":      {"user_id": 1.5},
		"an id of 1e21":      {"user_id": 1e21},
		"an id that is true": {"user_id": true},
		"an id in a list":    {"user_id": []string{"42"}},
		"an id in an object": {"user_id": obj{"id": "42"}},
		"an id of controls":  {"user_id": "4\u00002"},
		"an id of 256":       {"user_id": strings.Repeat("x", 256)},
	}
}

func (t *T) needJWT() {
	if t.target.JWTSecret == "" {
		t.NotRunf("no JWT secret was given")
	}
}

// known wants a person to be known by the claims.
func (t *T) known(claims func(id string) obj) {
	t.needJWT()
	p := t.person()
	c := claims(p.id)
	c["exp"] = soon()
	got := t.do(call{as: bearer(t.jwt(c)), method: http.MethodGet, path: statusPath}).is(http.StatusOK).object()
	equal(t, "user_id", any(p.id), got["user_id"])
}

// unknown wants a token to be refused by the inbox and by the stream, wherever it stands.
func (t *T) unknown(token string) {
	for _, path := range []string{countsPath, streamPath} {
		t.do(call{as: bearer(token), method: http.MethodGet, path: path}).is(http.StatusUnauthorized)
		t.do(call{method: http.MethodGet, path: path + "?token=" + url.QueryEscape(token)}).is(http.StatusUnauthorized)
		t.do(call{method: http.MethodGet, path: path, header: map[string]string{"Cookie": "belfry_token=" + token}}).is(http.StatusUnauthorized)
	}
}

func tokenPlaces(t *T) {
	t.needJWT()
	p := t.person()
	for _, path := range []string{countsPath, statusPath, notificationsPath} {
		t.do(call{as: bearer(p.token), method: http.MethodGet, path: path}).is(http.StatusOK)
		t.do(call{method: http.MethodGet, path: path + "?token=" + p.token}).is(http.StatusOK)
		t.do(call{method: http.MethodGet, path: path, header: map[string]string{"Cookie": "other=1; belfry_token=" + p.token}}).is(http.StatusOK)
	}
	t.stream(call{method: http.MethodGet, path: streamPath + "?token=" + p.token}).want("connection")
	t.stream(call{method: http.MethodGet, path: streamPath, header: map[string]string{"Cookie": "belfry_token=" + p.token}}).want("connection")
}

// crossSite: a browser adds the cookie to requests that other sites make it send; those must not act.
func crossSite(t *T) {
	t.needJWT()
	p := t.person()
	p.send("A", nil)
	mark := func(header map[string]string) *answer {
		header["Cookie"] = "belfry_token=" + p.token
		return t.do(call{method: http.MethodPost, path: markPath, body: obj{"state": "read", "all": true}, header: header})
	}
	mark(map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}).is(http.StatusForbidden)
	mark(map[string]string{"Origin": "https://evil.example"}).is(http.StatusForbidden)
	p.wantCounts(1, 1)
	mark(map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": t.target.URL}).is(http.StatusOK)
	p.wantCounts(0, 1)
}

func brokenTokens(t *T) {
	t.needJWT()
	good := t.jwt(obj{"user_id": "conformance", "exp": soon()})
	parts := strings.Split(good, ".")
	other := sign(obj{"alg": "HS256"}, obj{"user_id": "conformance", "exp": soon()}, sha256.New, "another secret, and a long one")
	for _, token := range []string{
		other, parts[0] + "." + parts[1], parts[0] + "." + parts[1] + ".", parts[0] + ".." + parts[2], "." + parts[1] + "." + parts[2],
		parts[0] + "." + segment(obj{"user_id": "admin", "exp": soon()}) + "." + parts[2], good + "x", good + ".x", "x" + good, "...", "a.b.c",
		strings.Repeat("a", 3000) + "." + parts[1] + "." + parts[2],
	} {
		t.do(call{method: http.MethodGet, path: countsPath + "?token=" + url.QueryEscape(token)}).is(http.StatusUnauthorized)
	}
}
