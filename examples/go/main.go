// Command go is a small app with a login of its own, and Belfry inside it: one program, one port, one mux.
//
//	go run ./examples/go
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/belfryhq/belfry/server"
	"github.com/belfryhq/belfry/sqlite"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	addr := flag.String("addr", "127.0.0.1:8002", "where to listen")
	file := flag.String("db", "shop.db", "where Belfry keeps its data")
	recheck := flag.Duration("recheck", time.Minute, "how often the logins of open streams are looked at again")
	flag.Parse()

	store, err := sqlite.Open(ctx, *file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	users := newSessions()
	bell, err := server.New(server.Config{Store: store, Authenticate: users.authenticate, Recheck: *recheck})
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", *addr)
	if err != nil {
		return errors.Join(err, bell.Close(ctx))
	}
	_, _ = fmt.Fprintf(os.Stdout, "Open http://%s/ and log in with any name\n", listener.Addr())
	return serve(ctx, &http.Server{Handler: routes(users, bell), ReadHeaderTimeout: 10 * time.Second}, listener, bell)
}

// routes puts the app and the bell into one mux.
func routes(users *sessions, bell *server.Server) http.Handler {
	app := &shop{users: users, bell: bell}
	mux := http.NewServeMux()
	mux.Handle("/api/v1/", bell)
	mux.Handle("GET /belfry.js", bell)
	mux.HandleFunc("GET /{$}", app.home)
	mux.HandleFunc("POST /login", app.login)
	mux.HandleFunc("POST /logout", app.logout)
	mux.HandleFunc("POST /order", app.order)
	// What a page of another site sends with a visitor's cookie changes nothing.
	return http.NewCrossOriginProtection().Handler(mux)
}

// serve serves until ctx ends. The bell is closed first: an http.Server waits for open streams.
func serve(ctx context.Context, app *http.Server, l net.Listener, bell *server.Server) error {
	failed := make(chan error, 1)
	go func() { failed <- app.Serve(l) }()
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	within, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return errors.Join(err, bell.Close(within), app.Shutdown(within))
}
