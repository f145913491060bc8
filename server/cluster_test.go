package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	nats "github.com/nats-io/nats-server/v2/server"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/sse"
	"github.com/belfryhq/belfry/natsbus"
	"github.com/belfryhq/belfry/server"
	"github.com/belfryhq/belfry/storetest"
)

// A cluster is several servers on one store, with a bus on a real NATS server.
type cluster struct {
	store belfry.Store
	nats  *nats.Server
	nodes []*clusterNode
}

type clusterNode struct {
	name string
	srv  *server.Server
	bus  *natsbus.Bus
	url  string
}

func startCluster(t *testing.T, nodes int, change ...func(*server.Config)) *cluster {
	t.Helper()
	s, err := nats.NewServer(&nats.Options{Host: "127.0.0.1", Port: nats.RANDOM_PORT, NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(20 * time.Second) {
		t.Fatal("the NATS server does not start")
	}
	c := &cluster{store: storetest.NewMemory(), nats: s}
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	for i := range nodes {
		bus, err := natsbus.Open(natsbus.Config{URL: s.ClientURL(), Epoch: c.store.Epoch()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = bus.Close() })
		cfg := config(c.store)
		cfg.Bus, cfg.SharedStore, cfg.NodeName = bus, true, fmt.Sprint("node-", i+1)
		for _, fn := range change {
			fn(&cfg)
		}
		n := &clusterNode{name: cfg.NodeName, bus: bus}
		n.srv, n.url = start(t, cfg)
		c.nodes = append(c.nodes, n)
	}
	for _, n := range c.nodes {
		eventually(t, n.name+" to know the others", func() bool { return n.metric(t, "belfry_cluster_nodes") == fmt.Sprint(nodes) })
	}
	return c
}

// late counts the answers that did not come in time, as on a machine that is busy: then a cap may be exceeded.
func (c *cluster) late(t *testing.T) (all int) {
	t.Helper()
	for _, n := range c.nodes {
		var k int
		if _, err := fmt.Sscan(n.metric(t, "belfry_cluster_answers_late_total"), &k); err != nil {
			t.Fatal(err)
		}
		all += k
	}
	return all
}

func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	patience := time.After(20 * time.Second)
	for !so() {
		select {
		case <-time.After(5 * time.Millisecond):
		case <-patience:
			t.Fatalf("in vain waited for %s", what)
		}
	}
}

func (n *clusterNode) metric(t *testing.T, name string) string {
	t.Helper()
	_, _, body := do(t, http.MethodGet, n.url+"/metrics", "")
	if m := regexp.MustCompile(`(?m)^` + name + ` (.*)$`).FindStringSubmatch(body); m != nil {
		return m[1]
	}
	return ""
}

// as calls an endpoint of the browser's.
func (n *clusterNode) as(t *testing.T, user, method, path, body string, into any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, n.url+"/api/v1/notifications/sse/"+path+"/?ticket="+ticket(t, n.url, user), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: got %d", path, resp.StatusCode)
	}
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}

type streamStatus struct {
	IsConnected bool `json:"is_connected"`
	Connections []struct {
		ID   string `json:"id"`
		Node string `json:"node"`
	} `json:"connections"`
	EventCount int64  `json:"event_count"`
	LastUpdate string `json:"last_update"`
	Partial    bool   `json:"partial"`
}

func (n *clusterNode) status(t *testing.T, user string) (s streamStatus) {
	t.Helper()
	n.as(t, user, http.MethodGet, "status", "", &s)
	return s
}

// whole asks until all nodes have answered in time: a machine may be busy.
func (n *clusterNode) whole(t *testing.T, user string) (s streamStatus) {
	t.Helper()
	eventually(t, "a whole answer", func() bool {
		s = n.status(t, user)
		return !s.Partial
	})
	return s
}

type streamsClosed struct {
	Closed  int  `json:"closed"`
	Partial bool `json:"partial"`
}

func (n *clusterNode) closeStreams(t *testing.T, user, body string) (c streamsClosed) {
	t.Helper()
	n.as(t, user, http.MethodPost, "close", body, &c)
	return c
}

// knock asks for a stream and returns its first event.
func (n *clusterNode) knock(t *testing.T, user string) (sse.Event, *sse.Reader) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.url+"/api/v1/notifications/sse/stream/?ticket="+ticket(t, n.url, user), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	events := sse.NewReader(resp.Body)
	return next(t, events), events
}

// Whichever node is asked, status lists a person's streams on all, and close closes and counts them.
func TestStatusAndCloseAcrossNodes(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 3)
	var streams []*sse.Reader
	for _, n := range c.nodes {
		streams = append(streams, listen(t, n.url, "ada"), listen(t, n.url, "ada"))
	}
	listen(t, c.nodes[0].url, "bob")
	if _, err := c.nodes[0].srv.Send(t.Context(), &belfry.Send{To: belfry.ToUser("ada"), Category: "order", Title: "x"}); err != nil {
		t.Fatal(err)
	}
	for _, s := range streams {
		next(t, s)
	}
	var last streamStatus
	for _, n := range c.nodes {
		last = n.whole(t, "ada")
		on := map[string]int{}
		for _, s := range last.Connections {
			on[s.Node]++
		}
		if !last.IsConnected || last.Partial || last.EventCount != 6 || last.LastUpdate == "" || len(last.Connections) != 6 || on["node-1"] != 2 || on["node-2"] != 2 || on["node-3"] != 2 {
			t.Errorf("%s says %+v", n.name, last)
		}
	}
	far := last.Connections[0] // of node-1
	if got := c.nodes[2].closeStreams(t, "bob", `{"connection_id":"`+far.ID+`"}`); got.Closed != 0 {
		t.Errorf("somebody else closed a stream: %+v", got)
	}
	if got := c.nodes[2].closeStreams(t, "ada", `{"connection_id":"`+far.ID+`"}`); got != (streamsClosed{Closed: 1}) {
		t.Errorf("close of one on another node: got %+v", got)
	}
	if got := c.nodes[1].closeStreams(t, "ada", ""); got != (streamsClosed{Closed: 5}) && !got.Partial {
		t.Errorf("close of all: got %+v", got)
	} else if got.Partial { // a node is late: it closes its own all the same
		eventually(t, "all are closed", func() bool { return !c.nodes[0].whole(t, "ada").IsConnected })
	}
	if s := c.nodes[0].whole(t, "ada"); s.IsConnected || len(s.Connections) != 0 {
		t.Errorf("after close: %+v", s)
	}
	listen(t, c.nodes[0].url, "ada")
	listen(t, c.nodes[1].url, "ada")
	if status, _, body := do(t, http.MethodPost, c.nodes[2].url+"/api/v1/users/ada/revoke/", ""); status != http.StatusOK || !strings.Contains(body, `"closed":2,"revoked_at"`) && !strings.Contains(body, `"partial":true`) {
		t.Errorf("revoke: got %d %s", status, body)
	}
}

// A person's cap holds on all nodes together; beyond it no older stream is ended.
func TestCapAcrossNodes(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 3, func(c *server.Config) { c.MaxConnectionsPerUser = 4 })
	asked := func() (all string) {
		for _, n := range c.nodes {
			all += n.metric(t, "belfry_cluster_questions_total") + " "
		}
		return all
	}
	before := asked()
	for _, n := range c.nodes {
		listen(t, n.url, "ada") // the first on each node
	}
	if got := asked(); got != before {
		t.Errorf("the first streams were asked for: %s, then %s", before, got)
	}
	listen(t, c.nodes[0].url, "ada")
	for _, n := range c.nodes[:2] { // which have one already: the others are asked
		if e, _ := n.knock(t, "ada"); (e.Name != "close" || !strings.Contains(e.Data, `"reason":"limit"`)) && c.late(t) == 0 {
			t.Errorf("%s: the fifth stream got %+v", n.name, e)
		}
	}
	if c.late(t) > 0 {
		return
	}
	if s := c.nodes[1].whole(t, "ada"); len(s.Connections) != 4 {
		t.Errorf("got %d streams, want 4", len(s.Connections))
	}
	one := c.nodes[1].whole(t, "ada").Connections[0]
	if got := c.nodes[1].closeStreams(t, "ada", `{"connection_id":"`+one.ID+`"}`); got.Closed != 1 {
		t.Fatalf("got %+v", got)
	}
	eventually(t, "room for another", func() bool { return len(c.nodes[1].whole(t, "ada").Connections) == 3 })
	listen(t, c.nodes[1].url, "ada")
}

// A cap that is less than the nodes is asked for from the first stream on.
func TestSmallCapAcrossNodes(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 2, func(c *server.Config) { c.MaxConnectionsPerUser = 1 })
	listen(t, c.nodes[0].url, "ada")
	if e, _ := c.nodes[1].knock(t, "ada"); e.Name != "close" && c.late(t) == 0 {
		t.Errorf("the second stream got %+v", e)
	}
}

// However many knock at the same moment: no fewer than the cap are let in, and no more than one too many for each other node.
func TestCapRaced(t *testing.T) {
	t.Parallel()
	const limit, nodes = 5, 3
	c := startCluster(t, nodes, func(c *server.Config) { c.MaxConnectionsPerUser = limit })
	var knocking sync.WaitGroup
	var mu sync.Mutex
	in := 0
	for range 8 {
		for _, n := range c.nodes {
			secret := ticket(t, n.url, "ada")
			knocking.Go(func() {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.url+"/api/v1/notifications/sse/stream/?ticket="+secret, nil)
				if err != nil {
					t.Error(err)
					return
				}
				resp, err := http.DefaultClient.Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				t.Cleanup(func() { _ = resp.Body.Close() })
				e, err := sse.NewReader(resp.Body).Next()
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				if e.Name == "connection" {
					in++
				}
			})
		}
	}
	knocking.Wait()
	late := c.late(t)
	if in < limit || in > limit+nodes-1 && late == 0 {
		t.Errorf("%d streams are open, want %d to %d (%d answers were late)", in, limit, limit+nodes-1, late)
	}
}

// A node that drains says goodbye, so that nobody misses it; without NATS, an answer says that it is not whole.
func TestPartial(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 2)
	a, b := c.nodes[0], c.nodes[1]
	listen(t, a.url, "ada")
	listen(t, b.url, "ada")
	end(t, b.srv)
	eventually(t, "the goodbye", func() bool { return a.metric(t, "belfry_cluster_nodes") == "1" })
	if s := a.whole(t, "ada"); len(s.Connections) != 1 {
		t.Errorf("after the goodbye: %+v", s)
	}
	c.nats.Shutdown()
	c.nats.WaitForShutdown()
	eventually(t, "the loss to be noticed", func() bool { return a.bus.Ping(t.Context()) != nil })
	if s := a.status(t, "ada"); !s.Partial || len(s.Connections) != 1 {
		t.Errorf("without NATS: %+v", s)
	}
	if got := a.closeStreams(t, "ada", ""); got != (streamsClosed{Closed: 1, Partial: true}) {
		t.Errorf("close without NATS: %+v", got)
	}
}

// One node alone says nothing of nodes.
func TestAlone(t *testing.T) {
	t.Parallel()
	_, url := start(t, config(storetest.NewMemory()))
	n := &clusterNode{url: url}
	listen(t, url, "ada")
	if s := n.status(t, "ada"); len(s.Connections) != 1 || s.Connections[0].Node != "" || s.Partial {
		t.Errorf("got %+v", s)
	}
	if got := n.metric(t, "belfry_cluster_nodes"); got != "" {
		t.Errorf("belfry_cluster_nodes is %s", got)
	}
}
