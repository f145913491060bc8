package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/belfryhq/belfry/internal/pgtest"
)

// The clusters: so many nodes on one PostgreSQL and one NATS.
const (
	nodes1 = "1-node"
	nodes2 = "2-nodes"
	nodes3 = "3-nodes"
)

// nats is the program that rings them.
const nats = "nats-server"

// nodes says how many nodes a server has; 0: it is no cluster.
func nodes(peer string) int {
	return map[string]int{nodes1: 1, nodes2: 2, nodes3: 3}[peer]
}

// startNodes starts a cluster with a database of its own, which syncs as it does by default.
func (b *bench) startNodes(ctx context.Context, n int) (s *server, err error) {
	s = new(server)
	var ends []func() error // the last one first
	s.stop = func() (err error) {
		for len(ends) > 0 {
			err = errors.Join(err, ends[len(ends)-1]())
			ends = ends[:len(ends)-1]
		}
		return err
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("start %d nodes: %w", n, errors.Join(err, s.stop()))
		}
	}()
	db, err := pgtest.Open("fsync=on", "full_page_writes=on", "shared_buffers=256MB")
	if err != nil {
		return nil, err
	}
	ends = append(ends, db.Close)
	bus, err := freeAddress()
	if err != nil {
		return nil, err
	}
	host, port, _ := strings.Cut(bus, ":")
	ringer, stop := b.command(ctx, filepath.Join(b.dir, nats), "-a", host, "-p", port)
	ringer.Stderr = nil // it tells what it does
	if err := ringer.Start(); err != nil {
		return nil, err
	}
	ends = append(ends, stop)
	if err := await(ctx, bus); err != nil {
		return nil, err
	}
	s.env = []string{"BELFRY_API_KEYS=bench:bf_" + rand.Text() + rand.Text(), "BELFRY_JWT_SECRET=" + rand.Text() + rand.Text()}
	settings := append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + b.dir, "BELFRY_ADDR=127.0.0.1:0", "BELFRY_RATE_LIMITS=off", "BELFRY_LOG_LEVEL=warn",
		"BELFRY_DATABASE_URL=" + db.URL("postgres"), "BELFRY_BUS_URL=nats://" + bus,
	}, s.env...)
	for range n {
		url, stop, err := b.startNode(ctx, settings)
		if err != nil {
			return nil, err
		}
		s.urls, ends = append(s.urls, url), append(ends, stop)
	}
	return s, nil
}

var ringing = regexp.MustCompile(`ringing at (http://\S+)`)

// startNode starts a node and returns where it is. What more it says fits into the pipe.
func (b *bench) startNode(ctx context.Context, settings []string) (url string, stop func() error, err error) {
	cmd, stop := b.command(ctx, filepath.Join(b.dir, belfry), "serve")
	cmd.Dir, cmd.Env = b.dir, settings
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	in := bufio.NewReader(out)
	for {
		line, err := in.ReadString('\n')
		if found := ringing.FindStringSubmatch(line); found != nil {
			return found[1], stop, nil
		}
		if err != nil && !errors.Is(err, io.EOF) || err != nil && line == "" {
			return "", nil, errors.Join(errors.New("a node did not say where it is"), err, stop())
		}
	}
}
