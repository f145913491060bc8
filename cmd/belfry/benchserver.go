package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/belfryhq/belfry/internal/config"
	"github.com/belfryhq/belfry/internal/load"
	"github.com/belfryhq/belfry/server"
)

// ownPatience bounds the start of a bench's own server, and its end.
const ownPatience = 20 * time.Second

// An ownServer is this program, serving in a process of its own: what it uses can be told from what the load uses, and each
// may hold as many files as a process may.
type ownServer struct {
	dir  string // holds the database, and nothing that is kept
	cmd  *exec.Cmd
	stop context.CancelFunc
	log  *os.File
}

// startOwn starts a server with a database of its own on a free port of this machine.
func startOwn(ctx context.Context, heartbeat config.Heartbeat) (t load.Target, stop func() error, err error) {
	key, err := server.NewKey()
	if err != nil {
		return t, nil, err
	}
	secret := config.JWT{JWTSecret: config.SigningSecret{Secret: config.Secret(rand.Text() + rand.Text())}}
	o := new(ownServer)
	defer func() {
		if err != nil {
			err = fmt.Errorf("start a server to load: %w", errors.Join(err, o.close()))
		}
	}()
	out, err := o.start(ctx, append(environment(),
		"BELFRY_ADDR=127.0.0.1:0", "BELFRY_DATABASE_URL=sqlite:bench.db", "BELFRY_API_KEYS=bench:"+key, "BELFRY_JWT_SECRET="+secret.JWTSecret.Reveal(),
		"BELFRY_RATE_LIMITS=off", "BELFRY_LOG_LEVEL=warn", "BELFRY_HEARTBEAT_INTERVAL="+heartbeat.Duration().String(),
	))
	if err != nil {
		return t, nil, err
	}
	address, err := o.address(out)
	if err != nil {
		return t, nil, err
	}
	u, err := url.Parse(address)
	if err != nil {
		return t, nil, err
	}
	if err := isReady(ctx, address); err != nil {
		return t, nil, err
	}
	return load.Target{URL: u, Peer: load.Belfry, APIKey: key, Token: signer(&secret), PIDs: []int{o.cmd.Process.Pid}}, o.close, nil
}

// environment is this process's, without the settings: the server is one that nobody set up.
func environment() []string {
	var kept []string
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "BELFRY_") && !strings.HasPrefix(entry, "EMAIL_") && !strings.HasPrefix(entry, "DEFAULT_FROM_EMAIL=") {
			kept = append(kept, entry)
		}
	}
	return kept
}

func (o *ownServer) start(ctx context.Context, env []string) (out io.Reader, err error) {
	if o.dir, err = os.MkdirTemp("", "belfry-bench-"); err != nil {
		return nil, err
	}
	if o.log, err = os.Create(filepath.Join(o.dir, "log")); err != nil {
		return nil, err
	}
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	ctx, o.stop = context.WithCancel(ctx)
	o.cmd = exec.CommandContext(ctx, path, "serve")
	o.cmd.Dir, o.cmd.Env, o.cmd.Stderr = o.dir, env, o.log
	o.cmd.Cancel = func() error { return o.cmd.Process.Signal(syscall.SIGTERM) }
	o.cmd.WaitDelay = ownPatience
	if out, err = o.cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	return out, o.cmd.Start()
}

var ringing = regexp.MustCompile(`ringing at (http://\S+)`)

// address reads where the server is from what it says. What more it says fits into the pipe.
func (o *ownServer) address(out io.Reader) (string, error) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if found := ringing.FindStringSubmatch(lines.Text()); found != nil {
			return found[1], nil
		}
	}
	said, _ := os.ReadFile(o.log.Name())
	return "", fmt.Errorf("it ended at once: %.1000s", said)
}

// isReady asks until the server answers that it is: it says its address when it listens, and answers when it serves.
func isReady(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, ownPatience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/readyz", nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("it is not ready: %s", answer.Status)
	}
	return nil
}

// close ends the server as an operator does, and removes its data.
func (o *ownServer) close() (err error) {
	if o.cmd != nil && o.cmd.Process != nil {
		o.stop()
		_ = o.cmd.Wait() // it was told to end; how it did is in its state
		if state := o.cmd.ProcessState; !state.Success() {
			said, _ := os.ReadFile(o.log.Name())
			err = fmt.Errorf("the server under load: %s: %.1000s", state, said)
		}
	}
	if o.log != nil {
		err = errors.Join(err, o.log.Close())
	}
	if o.dir != "" {
		err = errors.Join(err, os.RemoveAll(o.dir))
	}
	return err
}
