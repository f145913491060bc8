package demo

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// session signs the visitor in as the sample person, or renews that. A real app would ask for a password first.
func (a *app) session(w http.ResponseWriter, r *http.Request) {
	expires := a.Now().Add(SessionTTL).UTC().Truncate(time.Second)
	token, err := a.Sign(a.UserID, expires)
	if err != nil {
		a.Logger.ErrorContext(r.Context(), "demo: sign a session", "error", err)
		fail(w, http.StatusInternalServerError, "The session could not be made; the log says why.")
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: a.Cookie, Value: token, Path: "/", Expires: expires, MaxAge: int(SessionTTL.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(a.URL, "https:"),
	})
	answer(w, http.StatusOK, map[string]any{"user_id": a.UserID, "name": a.Name, "expires_at": expires.Format(time.RFC3339)})
}

// info tells the page what to show: who the visitor is, and a line to try in a terminal.
func (a *app) info(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"user_id": a.UserID, "name": a.Name, "curl": CurlLine(a.URL, a.APIKey, a.UserID)})
}

// CurlLine returns a command, ready to paste into a shell, that sends the user a notification.
func CurlLine(url, key, user string) string {
	return fmt.Sprintf(`curl -X POST %s/api/v1/notifications/ -H 'Authorization: Bearer %s' -H 'Content-Type: application/json' -d '{"to":"%s","category":"demo.hello","title":"Hello from curl","body":"It rang without a reload."}'`,
		url, key, user)
}
