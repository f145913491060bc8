package crashtest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/belfryhq/belfry/internal/pgtest"
	"github.com/belfryhq/belfry/internal/sse"
)

// TestTwoClustersOneNATS: two clusters that were pointed at one NATS by mistake have the same people in them, and neither's
// streams hear of the other's notifications, nor do they lose any of their own.
func TestTwoClustersOneNATS(t *testing.T) {
	t.Parallel()
	pg := pgtest.Start(t)
	bus := startNATS(t, loopback, server.RANDOM_PORT)
	t.Cleanup(func() { stopNATS(bus) })
	who := newPerson("42")
	const clusters, each = 2, 5
	var senders [clusters]*process
	var streams [clusters]*sse.Reader
	for i := range clusters {
		name := fmt.Sprint("cluster_", i)
		pg.CreateDatabase(t, name)
		settings := []string{"BELFRY_DATABASE_URL=" + pg.URL(name), "BELFRY_BUS_URL=" + bus.ClientURL()}
		senders[i] = serve(t, t.TempDir(), settings...)
		listener := serve(t, t.TempDir(), settings...) // another node: what the stream hears comes by NATS
		answer, err := listener.open(t.Context(), http.MethodGet, "/api/v1/notifications/sse/stream/", who.token, nil, "Accept", "text/event-stream")
		if err != nil {
			t.Fatal(err)
		}
		defer hangUp(answer)
		streams[i] = sse.NewReader(answer.Body)
	}
	began := time.Now()
	for n := range each { // in turn, so that the numbers of both clusters are the same
		for i, p := range senders {
			for _, to := range []string{`"42"`, `{"all":true}`} {
				body := fmt.Appendf(nil, `{"to":%s,"category":"crash.test","title":"%d of cluster %d"}`, to, n, i)
				if status, text, err := p.call(t.Context(), http.MethodPost, sendPath, apiKey, body); status != http.StatusCreated {
					t.Fatalf("send: %d %s %v", status, text, err)
				}
			}
		}
	}
	for i, in := range streams {
		for got := 0; got < 2*each; {
			e, err := in.Next()
			if err != nil {
				t.Fatalf("cluster %d: the stream ended after %d: %v", i, got, err)
			}
			if e.Name != "message" {
				continue
			}
			if !strings.Contains(e.Data, fmt.Sprintf("of cluster %d", i)) {
				t.Errorf("cluster %d heard %s", i, e.Data)
			}
			got++
		}
	}
	if took := time.Since(began); took > 10*time.Second { // by the rings, and not by a look at the database
		t.Errorf("it took %v", took)
	}
}

// TestWrongNATS: a NATS that lets the node in not at all, or not to ring, ends it at its start with the setting, the reason and the mend,
// and without the password.
func TestWrongNATS(t *testing.T) {
	t.Parallel()
	deny := &server.SubjectPermission{Deny: []string{"belfry.>"}}
	bus, err := server.NewServer(&server.Options{Host: loopback, Port: server.RANDOM_PORT, NoLog: true, NoSigs: true, Users: []*server.User{
		{Username: "right", Password: "s3cret-word"},
		{Username: "mute", Password: "s3cret-word", Permissions: &server.Permissions{Publish: deny}},
		{Username: "deaf", Password: "s3cret-word", Permissions: &server.Permissions{Subscribe: deny}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	bus.Start()
	t.Cleanup(func() { stopNATS(bus) })
	if !bus.ReadyForConnections(patience) {
		t.Fatal("the NATS server does not start")
	}
	pg := pgtest.Start(t)
	start := func(user string) *process {
		return launch(t, t.TempDir(), nil, "BELFRY_DATABASE_URL="+pg.URL("postgres"), "BELFRY_BUS_URL=nats://"+user+"@"+bus.Addr().String())
	}
	start("right:s3cret-word").ready(t)
	for user, want := range map[string]string{
		"right:wrong-s3cret-word": "refuses the credentials",
		"nobody:s3cret-word":      "refuses the credentials",
		"mute:s3cret-word":        `Permissions Violation for Publish to`,
		"deaf:s3cret-word":        `Permissions Violation for Subscription to`,
	} {
		p := start(user)
		if code := p.Wait(t); code <= 0 {
			t.Errorf("%s: exit status %d, want a failure", user, code)
		}
		said := string(p.Output.Whole())
		for _, each := range []string{"BELFRY_BUS_URL", want} {
			if !strings.Contains(said, each) {
				t.Errorf("%s: want %q in what it says:\n%s", user, each, said)
			}
		}
		if strings.Contains(said, "s3cret-word") || strings.Contains(said, "ringing at") {
			t.Errorf("%s: it says the password, or that it serves:\n%s", user, said)
		}
	}
}
