package main

import (
	"crypto/rand"
	"html/template"
	"net/http"
	"sync"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/server"
)

const (
	cookieName = "shop_session"
	loginTime  = 8 * time.Hour
)

// sessions are the app's own logins. Yours are in a database.
type sessions struct {
	mu   sync.Mutex
	open map[string]session
}

type session struct {
	user    string
	expires time.Time
}

func newSessions() *sessions { return &sessions{open: map[string]session{}} }

// authenticate is all that Belfry needs to know: whose request it is, and until when.
func (s *sessions) authenticate(r *http.Request) (user string, expires time.Time, err error) {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return "", time.Time{}, nil // nobody
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.open[cookie.Value]
	return found.user, found.expires, nil
}

func (s *sessions) begin(user string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := rand.Text()
	s.open[id] = session{user, time.Now().Add(loginTime)}
	return id
}

func (s *sessions) end(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, id)
}

// A shop is the app.
type shop struct {
	users *sessions
	bell  *server.Server
}

var page = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><title>The shop</title>
{{if .}}<script type="module" src="/belfry.js"></script>
<header>Hello, {{.}}. <belfry-bell></belfry-bell></header>
<form method="post" action="/order"><button>Order something</button></form>
<form method="post" action="/logout"><button>Log out</button></form>
{{else}}<form method="post" action="/login"><input name="name" required maxlength="40"><button>Log in</button></form>{{end}}
</html>
`))

func (s *shop) home(w http.ResponseWriter, r *http.Request) {
	user, _, _ := s.users.authenticate(r) // it never fails
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = page.Execute(w, user) // the browser is gone when this fails
}

func (s *shop) login(w http.ResponseWriter, r *http.Request) {
	user := r.FormValue("name")
	if err := belfry.ValidateUserID(user); err != nil {
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: s.users.begin(user), Path: "/", MaxAge: int(loginTime.Seconds()), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *shop) logout(w http.ResponseWriter, r *http.Request) {
	if cookie, err := r.Cookie(cookieName); err == nil {
		s.users.end(cookie.Value) // its streams end when Belfry looks again, within a minute
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *shop) order(w http.ResponseWriter, r *http.Request) {
	user, _, _ := s.users.authenticate(r)
	if user == "" {
		http.Error(w, "Log in first.", http.StatusUnauthorized)
		return
	}
	send := belfry.Send{To: belfry.ToUser(user), Category: "order.placed", Title: "Thank you for your order", URL: "/"}
	if _, err := s.bell.Send(r.Context(), &send); err != nil {
		http.Error(w, "The order could not be placed.", http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
