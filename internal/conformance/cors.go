package conformance

import "net/http"

// The default is to trust no other origin; a server that trusts the origin of these cases would be an odd one.
func corsCases() []Case {
	const stranger = "https://conformance.example"
	denied := func(a *answer) {
		for _, name := range []string{"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"} {
			if got := a.header.Get(name); got != "" {
				a.t.Errorf("%s: a stranger's origin was answered %s: %s", a.what, name, got)
			}
		}
	}
	return []Case{
		{Name: "cors: a stranger's page may not read the inbox", Run: func(t *T) {
			p := t.person()
			denied(t.do(call{as: p.as(), method: http.MethodGet, path: notificationsPath, header: map[string]string{"Origin": stranger}}))
		}},
		{Name: "cors: a stranger's page may not read the stream", Run: func(t *T) {
			l := t.person().listen("", map[string]string{"Origin": stranger})
			equal(t, "Access-Control-Allow-Origin", "", l.header.Get("Access-Control-Allow-Origin"))
		}},
		{Name: "cors: a stranger's preflight is not granted", Run: func(t *T) {
			for _, path := range []string{notificationsPath, markPath, streamPath} {
				denied(t.do(call{method: http.MethodOptions, path: path, header: map[string]string{
					"Origin": stranger, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type",
				}}))
			}
		}},
		{Name: "cors: null is a stranger", Run: func(t *T) {
			p := t.person()
			denied(t.do(call{as: p.as(), method: http.MethodGet, path: countsPath, header: map[string]string{"Origin": "null"}}))
		}},
	}
}
