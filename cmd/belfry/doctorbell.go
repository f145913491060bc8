package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/client"
	"github.com/belfryhq/belfry/internal/config"
)

// bellPatience bounds each step of the way of a notification.
const bellPatience = 10 * time.Second

// checkBell looks at the store and the bus, and sends a notification through a real stream: of the server that runs, or
// else of one that is started for it on a database of its own.
func (c *doctorCmd) checkBell(ctx context.Context, d *doctor) {
	step := func(stage string, do func(context.Context) (checkStatus, string, string)) checkStatus {
		within, cancel := context.WithTimeout(ctx, bellPatience)
		defer cancel()
		begin := time.Now()
		status, detail, mend := do(within)
		d.note(check{Part: "bell", Stage: stage, Status: status, Milliseconds: time.Since(begin).Milliseconds(), Detail: detail, Mend: mend})
		return status
	}
	if _, shared := c.DatabaseURL.Postgres(); step("store", c.checkStore) == checkOK && shared {
		step("intake", c.checkIntake)
	}
	runs := step("server", func(ctx context.Context) (checkStatus, string, string) { return checkServer(ctx, string(c.URL)) })
	target := bell{url: string(c.URL), jwt: c.JWT}
	switch runs {
	case checkFailed:
		return
	case checkOK:
		key, err := c.key()
		if err != nil {
			step("stream", func(context.Context) (checkStatus, string, string) {
				return checkSkipped, "no API key is given, so nothing can be sent", "Give the server's as BELFRY_API_KEY (belfry key add makes one)."
			})
			return
		}
		target.key = key
	default:
		started, stop, err := c.startOwn(ctx, d.p)
		if err != nil {
			step("stream", func(context.Context) (checkStatus, string, string) {
				return checkFailed, err.Error(), "Mend the setting that it names."
			})
			return
		}
		defer stop()
		target = *started
		if step("bus", func(ctx context.Context) (checkStatus, string, string) { return checkServer(ctx, target.url) }) != checkOK {
			return
		}
	}
	step("stream", func(ctx context.Context) (checkStatus, string, string) { return target.ring(ctx) })
}

// checkStore opens the database beside a server that may run.
func (c *doctorCmd) checkStore(ctx context.Context) (checkStatus, string, string) {
	if _, ok := c.DatabaseURL.Postgres(); ok {
		if err := withDatabase(ctx, c.Database, func(store operatorStore) error { return store.Ping(ctx) }); err != nil {
			return checkFailed, err.Error(), "See docs/operate/cluster.md."
		}
		return checkOK, c.DatabaseURL.String() + " answers", ""
	}
	path := absolute(c.DatabaseURL.Path())
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		f, err := os.CreateTemp(filepath.Dir(path), ".belfry-doctor-*")
		if err != nil {
			return checkFailed, fmt.Sprintf("there is no %s, and its directory cannot be written (%v)", path, err), "Make the directory writable, or name another file as BELFRY_DATABASE_URL."
		}
		_ = f.Close()
		_ = os.Remove(f.Name())
		return checkOK, "there is no " + path + " yet; serve makes it, and may write there", ""
	}
	err := withDatabase(ctx, c.Database, func(store operatorStore) error { return store.Ping(ctx) })
	if err != nil {
		return checkFailed, err.Error(), "See docs/operate/running.md."
	}
	return checkOK, path + " answers", ""
}

// checkServer asks whether a server runs, and whether its store and its bus answer; it is skipped when none runs.
func checkServer(ctx context.Context, url string) (checkStatus, string, string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/readyz", nil)
	if err != nil {
		return checkFailed, "BELFRY_URL cannot be asked", "Give an address like http://127.0.0.1:8000."
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		if errors.Is(err, syscall.ECONNREFUSED) {
			return checkSkipped, "no server runs at " + url + "; one is started for the rest, on a database of its own", ""
		}
		return checkFailed, fmt.Sprintf("%s does not answer: %v", url, errors.Unwrap(err)), "Start it, or name it as BELFRY_URL."
	}
	_ = resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusOK && resp.Header.Get("X-Request-Id") != "":
		return checkOK, url + " runs; its store and its bus answer", ""
	case resp.StatusCode == http.StatusServiceUnavailable:
		return checkFailed, url + " runs, but its store or its bus does not answer", "Its log says why."
	default:
		return checkFailed, "what answers at " + url + " is not Belfry", "Name the server as BELFRY_URL, with the path where a proxy puts it."
	}
}

// startOwn starts a server with the settings on a database of its own.
func (c *doctorCmd) startOwn(ctx context.Context, p *program) (_ *bell, stop func(), err error) {
	dir, err := os.MkdirTemp("", "belfry-doctor-")
	if err != nil {
		return nil, nil, fmt.Errorf("make a directory for a database: %w", err)
	}
	cfg := c.Config
	cfg.Addr, cfg.MetricsAddr, cfg.BusURL, cfg.DatabaseURL = "127.0.0.1:0", "", "", config.DatabaseURL(filepath.Join(dir, "belfry.db"))
	key := "bf_" + rand.Text() + rand.Text()
	cfg.Keys = config.Keys{{Name: "doctor", Key: config.Secret(key)}}
	s, err := open(ctx, p, &cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(dir))
	}
	serving, end := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.run(serving, s.server) // what fails shows in the checks
	}()
	return &bell{url: s.url(), key: key, jwt: cfg.JWT}, func() {
		end()
		<-done
		s.close()
		_ = os.RemoveAll(dir)
	}, nil
}

// A bell is a server to ring at.
type bell struct {
	url, key string
	jwt      config.JWT
}

// ring sends a person that nobody else is a notification, and waits for it on their stream.
func (b *bell) ring(ctx context.Context) (checkStatus, string, string) {
	user := "belfry-doctor-" + strings.ToLower(rand.Text())
	app, err := client.New(b.url, client.WithAPIKey(b.key))
	if err != nil {
		return checkFailed, err.Error(), "Mend BELFRY_URL or BELFRY_API_KEY."
	}
	way, person, err := b.person(ctx, app, user)
	if err != nil {
		return checkFailed, err.Error(), b.mend(err)
	}
	defer func() {
		// The person goes even if the time is over; one that stays is in nobody's way.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), bellPatience)
		defer cancel()
		_ = app.EraseUser(ctx, user)
	}()
	var sent client.Sent
	var began time.Time
	for e, err := range person.Stream(ctx, client.StreamOptions{}) {
		switch {
		case err != nil:
			return checkFailed, err.Error(), b.mend(err)
		case e.Kind == client.Connected:
			began = time.Now()
			sent, err = app.Send(ctx, &belfry.Send{To: belfry.ToUser(user), Category: "belfry.doctor", Title: "The doctor rings", Channels: []belfry.Channel{belfry.InApp}})
			if err != nil {
				return checkFailed, err.Error(), b.mend(err)
			}
		case e.Kind == client.Notification && len(sent.Notifications) == 1 && e.Notification.ID == sent.Notifications[0].ID:
			return checkOK, fmt.Sprintf("a notification was stored and reached a stream in %v (let in by %s)", time.Since(began).Round(100*time.Microsecond), way), ""
		case e.Kind == client.Closed:
			return checkFailed, "the server ended the stream: " + e.Reason, "With \"limit\", raise BELFRY_MAX_CONNECTIONS."
		}
	}
	return checkFailed, fmt.Sprintf("no notification came through the stream within %v", bellPatience), "A proxy between may hold the stream back: it must not buffer or compress text/event-stream (docs/operate/running.md)."
}

func (b *bell) mend(err error) string {
	var refused *belfry.Error
	if errors.As(err, &refused) && refused.Code == belfry.CodeNoIdentity {
		return "The server does not know the API key or the secret of the settings here: give it the same BELFRY_API_KEYS and BELFRY_JWT_SECRET, or name its key as BELFRY_API_KEY."
	}
	return "The server's log says more."
}

// person returns a client that is let in as user by the way that browsers come: a token where there is a secret to sign
// it with, else a ticket.
func (b *bell) person(ctx context.Context, app *client.Client, user string) (way string, _ *client.Client, err error) {
	if b.jwt.JWTSecret.Reveal() != "" {
		token, err := signToken(&b.jwt, user, time.Now().Add(5*time.Minute))
		if err != nil {
			return "", nil, err
		}
		person, err := client.New(b.url, client.WithToken(func(context.Context) (string, error) { return token, nil }))
		return "a JWT", person, err
	}
	ticket := func(ctx context.Context) (string, error) {
		t, err := app.Ticket(ctx, user)
		return t.Ticket, err
	}
	person, err := client.New(b.url, client.WithToken(ticket), client.WithHTTPClient(&http.Client{Transport: byTicket{}}))
	return "a ticket", person, err
}

// byTicket moves a ticket from the header, where the client puts tokens, into the query, where tickets belong.
type byTicket struct{}

// RoundTrip implements [http.RoundTripper].
func (byTicket) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	q := r.URL.Query()
	q.Set("ticket", strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	r.URL.RawQuery = q.Encode()
	r.Header.Del("Authorization")
	return http.DefaultTransport.RoundTrip(r)
}
