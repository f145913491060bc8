package crashtest_test

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/proctest"
)

// A proxy is a real nginx or haproxy before a process.
type proxy struct {
	*process // the way through it
	reload   syscall.Signal
}

// snippet reads a configuration out of the guide for operators: what is recommended is what is tried.
func snippet(t *testing.T, kind string) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/operate/proxies.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)\n```"+regexp.QuoteMeta(kind)+"\n(.*?)\n```\n").FindAllStringSubmatch(string(text), -1)
	if len(found) != 1 {
		t.Fatalf("the guide has %d snippets %q, want 1", len(found), kind)
	}
	return found[0][1]
}

// aim puts the addresses of a test where the guide has those of everyday life.
func aim(t *testing.T, text, listen, at string, to *process) string {
	t.Helper()
	for old, now := range map[string]string{listen: at, "127.0.0.1:8000": strings.TrimPrefix(to.base, "http://")} {
		if strings.Count(text, old) != 1 {
			t.Fatalf("the snippet names %q %d times, want once:\n%s", old, strings.Count(text, old), text)
		}
		text = strings.Replace(text, old, now, 1)
	}
	return text
}

// startNginx starts nginx with what stands in http, and what stands around it.
func startNginx(t *testing.T, to *process, main, inHTTP string) *proxy {
	t.Helper()
	dir, at := t.TempDir(), proctest.FreeAddress(t)
	var temp strings.Builder
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		temp.WriteString(kind + "_temp_path " + filepath.Join(dir, kind) + ";\n")
	}
	if os.Geteuid() == 0 {
		main = "user root;\n" + main // the workers write below dir
	}
	conf := "pid " + filepath.Join(dir, "pid") + ";\nerror_log stderr;\n" + main + "\nhttp {\naccess_log off;\n" + temp.String() +
		aim(t, inHTTP, "listen 80;", "listen "+at+";", to) + "\n}\n"
	return start(t, at, to, syscall.SIGHUP, conf, "/usr/sbin/nginx", "-g", "daemon off;", "-c")
}

func startHAProxy(t *testing.T, to *process, conf string) *proxy {
	t.Helper()
	at := proctest.FreeAddress(t)
	return start(t, at, to, syscall.SIGUSR2, aim(t, conf, "bind :80", "bind "+at, to)+"\n", "/usr/sbin/haproxy", "-W", "-db", "-f")
}

// start runs a proxy, whose last word is the name of its configuration, and waits until a request goes through.
func start(t *testing.T, at string, to *process, reload syscall.Signal, conf string, words ...string) *proxy {
	t.Helper()
	name := filepath.Join(t.TempDir(), "proxy.conf")
	if err := os.WriteFile(name, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &proxy{reload: reload, process: &process{
		Process: proctest.Start(t, exec.Command(words[0], append(words[1:], name)...)), // .ci/setup installs it
		base:    "http://" + at, client: &http.Client{Transport: &http.Transport{}},
	}}
	t.Cleanup(func() {
		p.client.CloseIdleConnections()
		p.Stop(t)
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		status, _, err := p.call(ctx, http.MethodGet, "/readyz", "", nil)
		if err == nil && status == http.StatusOK {
			return p
		}
		select {
		case <-tick.C:
		case <-p.Exited():
			t.Fatalf("%s ended at its start:\n%s", words[0], p.Output)
		case <-ctx.Done():
			t.Fatalf("%s: nothing goes through, %d, %v:\n%s\n%s", words[0], status, err, p.Output, conf)
		}
	}
}
