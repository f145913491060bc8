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
	"github.com/belfryhq/belfry/internal/limit"
)

const (
	cookieName = "belfry_dashboard"
	sessionTTL = 8 * time.Hour
	maxForm    = 16 << 10
)

// mayLook are the scopes of a key that opens the dashboard.
const mayLook = belfry.ScopeDeliveries

// private reports whether the visitor's browser has a private connection to the site. What a client says of that itself
// concerns its own cookie alone.
func private(r *http.Request) bool {
	return r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

// cookieOf returns the name of the session's cookie. By the prefix browsers take it from this very host alone, over TLS: no
// neighbour under the same domain can plant a session of its own. Without TLS, browsers would refuse it.
func cookieOf(r *http.Request) string {
	if private(r) {
		return "__Host-" + cookieName
	}
	return cookieName
}

// session returns the name of the key by which the visitor signed in; empty when they did not.
func (d *dashboard) session(r *http.Request) (string, error) {
	cookie, err := r.Cookie(cookieOf(r))
	if err != nil {
		return "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil || len(b) <= 8+sha256.Size {
		return "", nil
	}
	b, sum := b[:len(b)-sha256.Size], b[len(b)-sha256.Size:]
	name := string(b[8:])
	key, ok, err := d.Keys.Key(r.Context(), name)
	if err != nil {
		return "", err
	}
	expires := time.Unix(int64(binary.BigEndian.Uint64(b)), 0)
	if !ok || !hmac.Equal(sum, d.sign(b, key.Hash)) || !key.Scopes.May(mayLook) || !d.Now().Before(expires) {
		return "", nil
	}
	limit.Welcome(r.Context())
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
	Failed string // why the key opens nothing; empty: none was tried
}

// signInPage is GET /dashboard/sign-in.
func (d *dashboard) signInPage(v *visit) error {
	return d.show(v, http.StatusOK, "sign-in.html", "Sign in", signIn{To: local(v.r.URL.Query().Get("to"))})
}

// signIn is POST /dashboard/sign-in.
func (d *dashboard) signIn(v *visit) error {
	v.r.Body = http.MaxBytesReader(v, v.r.Body, maxForm)
	to, secret := local(v.r.PostFormValue("to")), strings.TrimSpace(v.r.PostFormValue("key"))
	asked := asked(v.r, secret)
	from := d.Proxies.Source(v.r)
	if wait := d.Limits.Locked(from, asked, d.Now()); wait > 0 {
		return d.tooMany(v, wait)
	}
	p, err := d.keyOf(asked, secret)
	if err != nil {
		return err
	}
	failed := ""
	switch {
	case p.Kind != auth.App:
		d.Limits.Failed(from, asked, d.Now())
		failed = "This is not an API key of this server."
	case !p.Scopes.May(mayLook):
		failed = "This key may not see the mail: it needs the scope " + mayLook.String() + " or admin."
	}
	if failed != "" {
		return d.show(v, http.StatusForbidden, "sign-in.html", "Sign in", signIn{To: to, Failed: failed})
	}
	key, ok, err := d.Keys.Key(v.r.Context(), p.Key)
	if err != nil {
		return err
	}
	if !ok {
		return belfry.Errorf(belfry.CodeForbidden, "This key was removed just now.")
	}
	b := binary.BigEndian.AppendUint64(nil, uint64(d.Now().Add(sessionTTL).Unix()))
	b = append(b, key.Name...)
	d.setCookie(v, base64.RawURLEncoding.EncodeToString(append(b, d.sign(b, key.Hash)...)), int(sessionTTL/time.Second))
	http.Redirect(v, v.r, to, http.StatusSeeOther)
	return nil
}

// asked is the request that shows a secret where package auth looks for an API key.
func asked(r *http.Request, secret string) *http.Request {
	q := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: Root}, Header: http.Header{"Authorization": {"Bearer " + secret}}}
	return q.WithContext(r.Context())
}

// keyOf returns whose key a secret is; nobody's when it is none.
func (d *dashboard) keyOf(asked *http.Request, secret string) (auth.Principal, error) {
	if secret == "" || strings.ContainsFunc(secret, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return auth.Principal{}, nil
	}
	p, err := d.Keys.Authenticate(asked)
	if errors.Is(err, belfry.Errorf(belfry.CodeNoIdentity, "")) {
		return auth.Principal{}, nil
	}
	return p, err
}

// signOut is POST /dashboard/sign-out.
func (d *dashboard) signOut(v *visit) error {
	d.setCookie(v, "", -1)
	http.Redirect(v, v.r, Root+"sign-in", http.StatusSeeOther)
	return nil
}

func (d *dashboard) setCookie(v *visit, value string, age int) {
	path := Root
	if private(v.r) {
		path = "/" // as the prefix asks
	}
	http.SetCookie(v, &http.Cookie{
		Name: cookieOf(v.r), Value: value, Path: path, MaxAge: age, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: private(v.r),
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
