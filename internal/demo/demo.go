// Package demo is a small sample app around the bell: what an app of yours would do, with one person who is always signed
// in. It shows both halves of the work: its front page signs the visitor in by a cookie that holds a short token, and its
// back end sends notifications through package client with an API key.
//
// The handler is safe for use by several goroutines at once and starts none.
package demo

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"github.com/belfryhq/belfry/client"
)

//go:embed assets
var assets embed.FS

// SessionTTL is how long a session's token is good. It is short so that the page's renewal is seen at work.
const SessionTTL = 15 * time.Minute

// Config says what the sample app works with. All fields without a default are required.
type Config struct {
	URL    string // of the Belfry server, as browsers and this process reach it
	APIKey string // of this app's back end

	// Sign makes the token by which the server knows a user, good until expires.
	Sign func(user string, expires time.Time) (string, error)

	Cookie string           // the cookie that holds the token; default belfry_token
	UserID string           // the sample person; default demo-user
	Name   string           // what the page calls them; default Demo user
	Now    func() time.Time // default time.Now
	Logger *slog.Logger     // default slog.Default()

	// AnyHost answers whatever the Host header says. Default: only names of this machine, so that a web page elsewhere
	// cannot reach the app by pointing its own name here (DNS rebinding).
	AnyHost bool
}

type app struct {
	Config
	client *client.Client
}

// New returns the sample app, which serves everything below /demo/ and redirects / and /demo there.
func New(cfg Config) (http.Handler, error) {
	if cfg.Sign == nil {
		return nil, errors.New("demo: Config.Sign is required")
	}
	a := &app{Config: cfg}
	if a.Cookie == "" {
		a.Cookie = "belfry_token"
	}
	if a.UserID == "" {
		a.UserID = "demo-user"
	}
	if a.Name == "" {
		a.Name = "Demo user"
	}
	if a.Now == nil {
		a.Now = time.Now
	}
	if a.Logger == nil {
		a.Logger = slog.Default()
	}
	var err error
	if a.client, err = client.New(cfg.URL, client.WithAPIKey(cfg.APIKey)); err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	files, err := fs.Sub(assets, "assets")
	if err != nil {
		return nil, fmt.Errorf("demo: open the page's files: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", toDemo)
	mux.HandleFunc("GET /demo", toDemo)
	mux.Handle("GET /demo/", http.StripPrefix("/demo/", http.FileServerFS(files)))
	mux.HandleFunc("POST /demo/session", a.session)
	mux.HandleFunc("POST /demo/send", a.send)
	mux.HandleFunc("GET /demo/info", a.info)
	return a.guard(http.NewCrossOriginProtection().Handler(mux)), nil
}

func toDemo(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/demo/", http.StatusSeeOther)
}
