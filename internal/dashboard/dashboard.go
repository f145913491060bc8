package dashboard

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/auth"
	"github.com/belfryhq/belfry/internal/limit"
)

//go:embed assets
var assets embed.FS

// Root is where the pages stand. Everything below it is the dashboard's.
const Root = "/dashboard/"

// Mail is the mail log; package notify has it.
type Mail interface {
	Deliveries(ctx context.Context, q belfry.DeliveryQuery) (belfry.DeliveryPage, error)
	Delivery(ctx context.Context, id belfry.ID) (belfry.Delivery, []byte, error)
	RetryDelivery(ctx context.Context, id belfry.ID) (belfry.Delivery, error)
}

// Keys knows the API keys; package auth does.
type Keys interface {
	Authenticate(r *http.Request) (auth.Principal, error)
	Key(ctx context.Context, name string) (belfry.Key, bool, error)
}

// Suppressions are the addresses to which nothing is sent; a store keeps them.
type Suppressions interface {
	Suppressed(ctx context.Context) (map[string]string, error)
	Unsuppress(ctx context.Context, address string) error
}

// Config is what a dashboard works with.
type Config struct {
	Mail         Mail                          // required
	Keys         Keys                          // required
	Suppressions Suppressions                  // required
	Accounts     func() []belfry.AccountStatus // of the carrier; nil: mail never leaves
	Secret       []byte                        // signs the sessions; at least 16 bytes. Required
	Open         bool                          // whoever asks this machine by a name of its own may look without a key. For a demo
	Limits       *limit.Limiter                // nil: there are none
	Proxies      limit.Proxies                 // who is believed to say for whom they ask
	Version      string                        // shown at the foot
	Now          func() time.Time              // nil: time.Now
	Logger       *slog.Logger                  // nil: silent
}

type dashboard struct {
	Config
	pages *template.Template
}

// New returns the handler of everything below [Root].
func New(c Config) (http.Handler, error) {
	if c.Mail == nil || c.Keys == nil || c.Suppressions == nil || len(c.Secret) < 16 {
		return nil, errors.New("dashboard: the mail log, the keys, the suppressions and a secret of 16 bytes are required")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	d := &dashboard{Config: c}
	var err error
	if d.pages, err = template.New("").Funcs(d.funcs()).ParseFS(assets, "assets/*.html"); err != nil {
		return nil, fmt.Errorf("dashboard: read the pages: %w", err)
	}
	static, err := fs.Sub(assets, "assets/static")
	if err != nil {
		return nil, fmt.Errorf("dashboard: read the style: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET "+Root+"static/", http.StripPrefix(Root+"static/", http.FileServerFS(static)))
	mux.Handle("GET "+strings.TrimSuffix(Root, "/"), http.RedirectHandler(Root, http.StatusSeeOther))
	mux.Handle("GET "+Root+"{$}", d.page(look, d.list))
	mux.Handle("GET "+Root+"mail/{id}", d.page(look, d.mail))
	mux.Handle("GET "+Root+"mail/{id}/html", d.page(look, d.html))
	mux.Handle("GET "+Root+"mail/{id}/source", d.page(look, d.source))
	mux.Handle("POST "+Root+"mail/{id}/retry", d.page(act, d.retry))
	mux.Handle("POST "+Root+"unsuppress", d.page(act, d.unsuppress))
	mux.Handle("GET "+Root+"sign-in", d.page(anyone, d.signInPage))
	mux.Handle("POST "+Root+"sign-in", d.page(anyone, d.signIn))
	mux.Handle("POST "+Root+"sign-out", d.page(anyone, d.signOut))
	mux.Handle("/", d.page(anyone, func(*visit) error { return belfry.ErrNotFound }))
	csrf := http.NewCrossOriginProtection()
	csrf.SetDenyHandler(d.page(anyone, func(*visit) error {
		return belfry.Errorf(belfry.CodeForbidden, "A page of another site sent this. Open the dashboard itself and try again.")
	}))
	return careful(csrf.Handler(mux)), nil
}

// careful sets on every answer, files and redirects too, what keeps browsers careful. The page of a mail has a policy of its
// own.
func careful(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "SAMEORIGIN")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		h.Set("Vary", "Cookie")
		next.ServeHTTP(w, r)
	})
}

// A right is what a page asks of its visitor.
type right uint8

const (
	anyone right = iota
	look         // signed in, or the dashboard is open
	act          // signed in
)

// A visit is one request.
type visit struct {
	http.ResponseWriter
	r   *http.Request
	id  belfry.ID // in the path
	key string    // by which the visitor signed in; empty: they did not
}

// policy lets a page have its own style and frame, and nothing else.
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// page makes a handler of what answers a visit, for those who have the right.
func (d *dashboard) page(need right, answer func(*visit) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{ResponseWriter: w, r: r}
		if err := d.serve(v, need, answer); err != nil {
			d.fail(v, err)
		}
	})
}

func (d *dashboard) serve(v *visit, need right, answer func(*visit) error) (err error) {
	if wait := d.Limits.From(limit.Address, d.Proxies.Source(v.r), d.Now()); wait > 0 {
		return d.tooMany(v, wait)
	}
	if v.key, err = d.session(v.r); err != nil {
		return err
	}
	switch {
	case v.key != "", need == anyone, need == look && d.Open && thisMachine(v.r.Host):
	case v.r.Method == http.MethodGet:
		http.Redirect(v, v.r, Root+"sign-in?to="+template.URLQueryEscaper(v.r.URL.RequestURI()), http.StatusSeeOther)
		return nil
	default:
		return belfry.Errorf(belfry.CodeForbidden, "Sign in first: for this it takes an API key.")
	}
	if s := v.r.PathValue("id"); s != "" {
		if v.id, err = belfry.ParseID(s); err != nil {
			return belfry.ErrNotFound
		}
	}
	return answer(v)
}

// tooMany is the refusal of a visit that comes too soon.
func (*dashboard) tooMany(v *visit, wait time.Duration) error {
	v.Header().Set("Retry-After", strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10))
	return belfry.Errorf(belfry.CodeTooMany, "Too many attempts from this address. Wait a little and try again.")
}

// thisMachine reports whether the visitor reached the server by a name that no page elsewhere can point here (DNS
// rebinding).
func thisMachine(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip := net.ParseIP(host)
	return host == "localhost" || host == "[::1]" || ip != nil && ip.IsLoopback()
}

// A frame is what all pages show around their own.
type frame struct {
	Title   string
	Key     string // empty: not signed in
	Open    bool
	Version string
	Page    any
}

// show answers with a page.
func (d *dashboard) show(v *visit, status int, name, title string, page any) error {
	var b bytes.Buffer
	err := d.pages.ExecuteTemplate(&b, name, frame{Title: title, Key: v.key, Open: d.Open, Version: d.Version, Page: page})
	if err != nil {
		return fmt.Errorf("fill in %s: %w", name, err)
	}
	v.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.WriteHeader(status)
	_, _ = v.Write(b.Bytes()) // the visitor is gone when this fails
	return nil
}

// fail answers with what went wrong, as far as it is the visitor's to know.
func (d *dashboard) fail(v *visit, err error) {
	status, detail := http.StatusInternalServerError, "Something went wrong here. The log says what."
	if refused, ok := errors.AsType[*belfry.Error](err); ok {
		detail = refused.Detail
		switch refused.Code {
		case belfry.CodeUnknown:
			status = http.StatusNotFound
		case belfry.CodeConflict:
			status = http.StatusConflict
		case belfry.CodeForbidden, belfry.CodeNoIdentity:
			status = http.StatusForbidden
		case belfry.CodeTooMany:
			status = http.StatusTooManyRequests
		case belfry.CodeFull, belfry.CodeUnavailable:
			status = http.StatusServiceUnavailable
		default:
			status = http.StatusUnprocessableEntity
		}
	} else if v.r.Context().Err() == nil {
		d.Logger.ErrorContext(v.r.Context(), "a page of the dashboard failed", "path", v.r.URL.Path, "error", err)
	}
	if err := d.show(v, status, "error.html", http.StatusText(status), detail); err != nil {
		http.Error(v, detail, status)
	}
}
