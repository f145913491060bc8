package djangotest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Whoever logs in through Django's own form has the bell: stream, inbox, read; and loses it with the login.
func TestSessions(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]setup{
		"db on SQLite":             {engine: "db"},
		"cached_db on SQLite":      {engine: "cached_db"},
		"signed_cookies on SQLite": {engine: "signed_cookies"},
		"db on PostgreSQL":         {engine: "db", postgres: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := newSite(t, s)
			bell := newBell(t, "BELFRY_DJANGO_SECRET_KEY="+secretKey, "BELFRY_DJANGO_DATABASE_URL="+site.database, "BELFRY_DJANGO_SESSION_COOKIE_AGE=3600")
			ada := site.hand(map[string]any{"user": "ada"})
			hasTheBell(t, bell, site.login("ada", password).session(), ada)
			if s.engine != "signed_cookies" { // which Django itself cannot take back
				logsOut(t, bell, site, ada)
				expires(t, bell, site, ada)
			}
			changesPassword(t, bell, site, ada)
			tampers(t, bell, site.login("ada", "another-"+password))
			isDeactivated(t, bell, site)
			bell.quiet()
		})
	}
}

func hasTheBell(t *testing.T, bell *bell, as credential, user string) {
	t.Helper()
	bell.is(user, as)
	l := bell.listen(as)
	id := bell.send(user, "A")
	l.want("message", id)
	if status, body := bell.call(as, http.MethodGet, "/api/v1/notifications/", ""); status != http.StatusOK || !strings.Contains(body, id) {
		t.Errorf("the inbox: got %d %s, want %s in it", status, body, id)
	}
	if status, body := bell.call(as, http.MethodPatch, "/api/v1/notifications/"+id+"/", `{"read":true}`); status != http.StatusOK {
		t.Errorf("read: got %d %s", status, body)
	}
	l.want("update", `"read_at":"`)
	foreign := func(r *http.Request) {
		as(r)
		r.Header.Set("Origin", "https://evil.example")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
	}
	if status, _ := bell.call(foreign, http.MethodPatch, "/api/v1/notifications/"+id+"/", `{"read":false}`); status != http.StatusForbidden {
		t.Errorf("another site's page by the cookie: got %d, want 403", status)
	}
}

// logsOut: the log-out of one device ends its streams, and no other's.
func logsOut(t *testing.T, bell *bell, site *site, user string) {
	t.Helper()
	phone, desk := site.login("ada", password), site.login("ada", password)
	cookie := phone.session()
	a, b := bell.listen(cookie), bell.listen(desk.session())
	phone.logout()
	a.want("close", `"reason":"revoked"`)
	bell.refuses("the cookie of a session that was ended", cookie)
	b.want("message", bell.send(user, "still here"))
}

func expires(t *testing.T, bell *bell, site *site, user string) {
	t.Helper()
	b := site.login("ada", password)
	bell.is(user, b.session())
	l := bell.listen(b.session())
	site.hand(map[string]any{"user": "ada", "expire": true})
	l.want("close", `"reason":"revoked"`) // it was to end in an hour
	bell.refuses("an expired session", b.session())
}

func changesPassword(t *testing.T, bell *bell, site *site, user string) {
	t.Helper()
	stolen, own := site.login("ada", password), site.login("ada", password)
	l := bell.listen(stolen.session())
	own.submit("/accounts/password/", url.Values{
		"old_password": {password}, "new_password1": {"another-" + password}, "new_password2": {"another-" + password},
	})
	l.want("close", `"reason":"revoked"`)
	bell.refuses("a session of before the change of password", stolen.session())
	bell.is(user, own.session())
}

func isDeactivated(t *testing.T, bell *bell, site *site) {
	t.Helper()
	b := site.login("ada", "another-"+password)
	l := bell.listen(b.session())
	site.hand(map[string]any{"user": "ada", "active": false})
	l.want("close", `"reason":"revoked"`)
	bell.refuses("the session of a user who is not active", b.session())
}

func tampers(t *testing.T, bell *bell, b *browser) {
	t.Helper()
	session := b.cookie("sessionid")
	for _, bad := range []string{session[:len(session)-1], session + "x", "x" + session, strings.ToUpper(session), strings.Repeat("a", 32), strings.Repeat("a", 10_000) + ":1:x"} {
		status, body := bell.call(cookie("sessionid", bad), http.MethodGet, "/api/v1/notifications/", "")
		if status != http.StatusUnauthorized || strings.Contains(body, "session") || strings.Contains(body, "signature") {
			t.Errorf("%.40s…: got %d %s, want 401 and no detail", bad, status, body)
		}
	}
}

// quiet wants no secret in what the program wrote.
func (b *bell) quiet() {
	b.t.Helper()
	for _, secret := range []string{secretKey, "sessionid=", apiKey, "pbkdf2_"} {
		if strings.Contains(string(b.p.Output.Whole()), secret) {
			b.t.Errorf("the log has %q in it", secret)
		}
	}
}

// A session that nobody has logged in to, one of another key, and one of a key that was replaced.
func TestKeys(t *testing.T) {
	t.Parallel()
	const old = "the-key-of-before-the-rotation-0123456789"
	site := newSite(t, setup{engine: "db", key: old})
	ada := site.hand(map[string]any{"user": "ada"})
	session := site.login("ada", password).session()
	database := "BELFRY_DJANGO_DATABASE_URL=" + site.database
	newBell(t, "BELFRY_DJANGO_SECRET_KEY="+secretKey, database).refuses("a session of another key", session)
	rotated := newBell(t, "BELFRY_DJANGO_SECRET_KEY="+secretKey, "BELFRY_DJANGO_SECRET_KEY_FALLBACKS=nobodys-key-0123456789, "+old, database)
	rotated.is(ada, session)
	rotated.listen(session).want("message", rotated.send(ada, "A"))
}

// A custom user model: another table, by UUID, without is_active.
func TestCustomUser(t *testing.T) {
	t.Parallel()
	for name, postgres := range map[string]bool{"SQLite": false, "PostgreSQL": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := newSite(t, setup{engine: "db", userModel: "people.Person", postgres: postgres})
			ada := site.hand(map[string]any{"user": "ada"})
			if len(ada) != 36 {
				t.Fatalf("the id is %q, no UUID", ada)
			}
			bell := newBell(t, "BELFRY_DJANGO_SECRET_KEY="+secretKey, "BELFRY_DJANGO_DATABASE_URL="+site.database,
				"BELFRY_DJANGO_USER_TABLE=people_person", "BELFRY_DJANGO_USER_COLUMNS=id,password")
			session := site.login("ada", password).session()
			hasTheBell(t, bell, session, ada)
			l := bell.listen(session)
			site.hand(map[string]any{"user": "ada", "delete": true})
			l.want("close", `"reason":"revoked"`)
			bell.refuses("the session of a user who is gone", session)
		})
	}
}
