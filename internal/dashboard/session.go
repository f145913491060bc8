package dashboard

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/auth"
)

const (
	cookieName = "belfry_dashboard"
	sessionTTL = 8 * time.Hour
	maxForm    = 16 << 10
)

// session returns the name of the key by which the visitor signed in; empty when they did not.
func (d *dashboard) session(r *http.Request) (string, error) {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil || len(b) <= 8+sha256.Size {
		return "", nil
	}
	b, sum := b[:len(b)-sha256.Size], b[len(b)-sha256.Size:]
	name := string(b[8:])
	hash, ok, err := d.Keys.KeyHash(r.Context(), name)
	if err != nil {
		return "", err
	}
	expires := time.Unix(int64(binary.BigEndian.Uint64(b)), 0)
	if !ok || !hmac.Equal(sum, d.sign(b, hash)) || !d.Now().Before(expires) {
		return "", nil
	}
	return name, nil
}

// sign signs a session. The key's hash is in it, so that a session ends with its key.
func (d *dashboard) sign(b []byte, key belfry.SecretHash) []byte {
	h := hmac.New(sha256.New, d.Secret)
	h.Write([]byte("dashboard session\x00"))
	h.Write(key[:])
	h.Write(b)
	return h.Sum(nil)
}

type signIn struct {
	To     string // the path to go to
	Failed bool
}

// signInPage is GET /dashboard/sign-in.
func (d *dashboard) signInPage(v *visit) error {
	return d.show(v, http.StatusOK, "sign-in.html", "Sign in", signIn{To: local(v.r.URL.Query().Get("to"))})
}

// signIn is POST /dashboard/sign-in.
func (d *dashboard) signIn(v *visit) error {
	v.r.Body = http.MaxBytesReader(v, v.r.Body, maxForm)
	to, secret := local(v.r.PostFormValue("to")), strings.TrimSpace(v.r.PostFormValue("key"))
	name, err := d.keyOf(v.r, secret)
	if err != nil {
		return err
	}
	if name == "" {
		return d.show(v, http.StatusForbidden, "sign-in.html", "Sign in", signIn{To: to, Failed: true})
	}
	hash, ok, err := d.Keys.KeyHash(v.r.Context(), name)
	if err != nil || !ok {
		return err
	}
	b := binary.BigEndian.AppendUint64(nil, uint64(d.Now().Add(sessionTTL).Unix()))
	b = append(b, name...)
	d.setCookie(v, base64.RawURLEncoding.EncodeToString(append(b, d.sign(b, hash)...)), int(sessionTTL/time.Second))
	http.Redirect(v, v.r, to, http.StatusSeeOther)
	return nil
}

// keyOf returns the name of an API key; empty when it is none.
func (d *dashboard) keyOf(r *http.Request, secret string) (string, error) {
	if secret == "" || strings.ContainsFunc(secret, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", nil
	}
	asked := (&http.Request{Method: http.MethodGet, URL: &url.URL{Path: Root}, Header: http.Header{"Authorization": {"Bearer " + secret}}}).WithContext(r.Context())
	p, err := d.Keys.Authenticate(asked)
	switch {
	case errors.Is(err, belfry.Errorf(belfry.CodeNoIdentity, "")):
		return "", nil
	case err != nil:
		return "", err
	case p.Kind != auth.App:
		return "", nil
	}
	return p.Key, nil
}

// signOut is POST /dashboard/sign-out.
func (d *dashboard) signOut(v *visit) error {
	d.setCookie(v, "", -1)
	http.Redirect(v, v.r, Root+"sign-in", http.StatusSeeOther)
	return nil
}

func (d *dashboard) setCookie(v *visit, value string, age int) {
	http.SetCookie(v, &http.Cookie{
		Name: cookieName, Value: value, Path: Root, MaxAge: age, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: v.r.TLS != nil || v.r.Header.Get("X-Forwarded-Proto") == "https",
	})
}

// local keeps visitors here: a link to sign in must not lead them elsewhere afterwards.
func local(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(u.Path, Root) || strings.ContainsAny(to, "\\\r\n") {
		return Root
	}
	return to
}
