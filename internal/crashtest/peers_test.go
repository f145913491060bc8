package crashtest_test

import (
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestPeers: each node tells of a person's streams on all, and closes them on all; one that hangs is left out, which is said,
// and one that was killed too, until it is forgotten.
func TestPeers(t *testing.T) {
	t.Parallel()
	for name, withNATS := range map[string]bool{"nats": true, "postgres": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testPeers(t, withNATS)
		})
	}
}

func testPeers(t *testing.T, withNATS bool) {
	w := newWard(t, withNATS, plainURL)
	ada := newPerson("ada")
	var streams []*onlooker
	for _, n := range w.nodes {
		streams = append(streams, openStream(t, n, ada))
	}
	shows := func(p *process, partial bool, want ...string) func() string {
		return func() string {
			nodes, _, p, err := on(t.Context(), p, ada)
			ok := err == nil && p == partial && len(nodes) == len(want)
			for _, name := range want {
				ok = ok && nodes[name] == 1
			}
			return unless(ok, "%v, partial %v, %v; want %v, %v", nodes, p, err, want, partial)
		}
	}
	for _, n := range w.nodes {
		eventually(t, "all to be shown", patience, shows(n, false, "node-0", "node-1", "node-2"))
	}
	w.nodes[2].Signal(t, syscall.SIGSTOP)
	eventually(t, "the one that hangs to be left out", patience, shows(w.nodes[0], true, "node-0", "node-1"))
	w.nodes[2].Signal(t, syscall.SIGCONT)
	eventually(t, "it to be shown again", patience, shows(w.nodes[0], false, "node-0", "node-1", "node-2"))

	_, ids, _, err := on(t.Context(), w.nodes[0], ada)
	if err != nil {
		t.Fatal(err)
	}
	closing := func(p *process, body, want string) {
		t.Helper()
		status, got, err := p.call(t.Context(), http.MethodPost, "/api/v1/notifications/sse/close/", ada.token, []byte(body), "Content-Type", "application/json")
		if late := strings.Contains(string(got), `"partial":true`); err != nil || status != http.StatusOK || string(got) != want && !late { // a machine may be busy
			t.Errorf("close %s: %d %s %v, want %s", body, status, got, err, want)
		}
	}
	closing(w.nodes[2], `{"connection_id":"`+ids[0]+`"}`, `{"status":"success","closed":1}`) // of node-0: the oldest
	streams[0].until("close", `"closed"`)
	closing(w.nodes[0], `{}`, `{"status":"success","closed":2}`)
	streams[1].until("close", `"closed"`)
	streams[2].until("close", `"closed"`)

	openStream(t, w.nodes[0], ada)
	w.nodes[1].kill(t)
	eventually(t, "the dead to be missed", patience, shows(w.nodes[0], true, "node-0"))
}

// TestDuty: one node does the upkeep; when it is killed, another one does within a minute.
func TestDuty(t *testing.T) {
	t.Parallel()
	w := newWard(t, true, plainURL)
	holder := func() string {
		out, err := w.postgres.SQL("postgres", `SELECT split_part(holder, '/', 1) FROM belfry.duties WHERE name='upkeep' AND until > clock_timestamp()`)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(out)
	}
	var first string
	eventually(t, "somebody to have the duty", patience, func() string {
		first = holder()
		return unless(first != "", "nobody has")
	})
	var i int
	if _, err := fmt.Sscanf(first, "node-%d", &i); err != nil {
		t.Fatalf("%q has the duty", first)
	}
	killed := time.Now()
	w.nodes[i].kill(t)
	eventually(t, "another to have it", time.Minute, func() string {
		now := holder()
		return unless(now != "" && now != first, "%q has", now)
	})
	t.Logf("inherited after %v", time.Since(killed).Round(time.Second))
}
