package deploy_test

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/belfryhq/belfry/internal/proctest"
	"github.com/belfryhq/belfry/internal/sse"
)

const secret = "the secret of the tests, 32 bytes and more"

// serveFromFiles starts the program with its secrets in files, as the manifests have it.
func serveFromFiles(t *testing.T) (base string) {
	t.Helper()
	dir, at := t.TempDir(), proctest.FreeAddress(t)
	cmd := exec.Command(belfry(t), "serve")
	cmd.Dir, cmd.Env = dir, []string{"BELFRY_ADDR=" + at}
	for name, value := range map[string]string{"BELFRY_API_KEYS": "shop:" + key, "BELFRY_JWT_SECRET": secret} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(value), 0o440); err != nil {
			t.Fatal(err)
		}
		cmd.Env = append(cmd.Env, name+"_FILE="+file)
	}
	start(t, cmd).ready(t, "http://"+at)
	return "http://" + at
}

// A listener is a person's stream.
type listener struct {
	events chan sse.Event
	close  func()
}

// listen opens the stream of a person.
func listen(t *testing.T, base, user string) *listener {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	l := &listener{events: make(chan sse.Event, 100)}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/api/v1/notifications/sse/stream/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token(t, user))
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("open a stream: %v %v", resp, err)
	}
	var reading sync.WaitGroup
	l.close = func() { cancel(); reading.Wait() }
	t.Cleanup(l.close)
	reading.Go(func() {
		defer close(l.events)
		defer resp.Body.Close() //nolint:errcheck // it was read
		for in := sse.NewReader(resp.Body); ; {
			e, err := in.Next()
			if err != nil {
				return
			}
			select {
			case l.events <- e:
			case <-ctx.Done():
				return
			}
		}
	})
	l.want(t, "connection")
	return l
}

// want waits for an event, past others.
func (l *listener) want(t *testing.T, name string) sse.Event {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case e, ok := <-l.events:
			if !ok {
				t.Fatalf("the stream ended before a %s", name)
			}
			if e.Name == name {
				return e
			}
		case <-late:
			t.Fatalf("no %s came in %v", name, patience)
		}
	}
}

// token lets a person in.
func token(t *testing.T, user string) string {
	t.Helper()
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": user, "exp": time.Now().Add(time.Hour).Unix()}).SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return signed
}
