package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/belfryhq/belfry/internal/pgtest"
)

// A server is a reference server that runs.
type server struct {
	urls []string // of its nodes
	env  []string // for whoever loads it
	stop func() error
}

// patience bounds a start.
const patience = 10 * time.Second

// has says why a server cannot be measured here; empty: it can.
func has(peer string) string {
	if nodes(peer) > 0 {
		if err := pgtest.Installed(); err != nil {
			return err.Error()
		}
	}
	if peer != nchan {
		return ""
	}
	if nginx() == "" || nchanModule() == "" {
		return "nchan is not installed (Debian: nginx libnginx-mod-nchan)"
	}
	return ""
}

// nginx is where it is; Debian puts it where only root looks.
func nginx() string {
	for _, name := range []string{"nginx", "/usr/sbin/nginx"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// nchanModule is where Debian, and others, put nchan.
func nchanModule() string {
	for _, path := range []string{"/usr/lib/nginx/modules/ngx_nchan_module.so", "/usr/lib64/nginx/modules/ngx_nchan_module.so"} {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}

// start starts a reference server.
func (b *bench) start(ctx context.Context, peer string) (*server, error) {
	if n := nodes(peer); n > 0 {
		return b.startNodes(ctx, n)
	}
	if peer == nchan {
		return b.startNchan(ctx)
	}
	cmd, stop := b.command(ctx, filepath.Join(b.dir, peer))
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	found := regexp.MustCompile(` at (http://\S+)`).FindStringSubmatch(line)
	if found == nil {
		return nil, errors.Join(fmt.Errorf("%s did not say where it is", peer), err, stop())
	}
	return &server{urls: found[1:2], stop: stop}, nil
}

// command is a process that stop ends by SIGTERM, and waits for.
func (b *bench) command(ctx context.Context, name string, args ...string) (*exec.Cmd, func() error) {
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stderr, cmd.WaitDelay = os.Stderr, patience
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	return cmd, func() error {
		cancel()
		if err := cmd.Wait(); cmd.ProcessState == nil {
			return err
		}
		return nil // that it was ended by a signal is what was asked for
	}
}

func (b *bench) startNchan(ctx context.Context) (*server, error) {
	address, err := freeAddress() // nginx cannot say which it took
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(b.dir, "nchan-")
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(b.root, "bench/nchan.conf"))
	if err != nil {
		return nil, err
	}
	conf := strings.NewReplacer("MODULE", nchanModule(), "DIR", dir, "ADDRESS", address).Replace(string(text))
	name := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(name, []byte(conf), 0o600); err != nil {
		return nil, err
	}
	cmd, stop := b.command(ctx, nginx(), "-c", name, "-g", "daemon off;", "-e", filepath.Join(dir, "nginx.log"))
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	if err := await(ctx, address); err != nil {
		return nil, errors.Join(fmt.Errorf("start nchan: %w", err), stop())
	}
	return &server{urls: []string{"http://" + address}, stop: stop}, nil
}

// freeAddress returns an address that was free a moment ago.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// await waits until somebody listens.
func await(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return err
		}
	}
}
