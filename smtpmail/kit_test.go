package smtpmail_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/fakegmail"
	"github.com/belfryhq/belfry/smtpmail"
	"github.com/belfryhq/belfry/storetest"
)

const (
	user   = "ada@example.org"
	secret = "abcdefghijklmnop"
)

// A clock stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// A log keeps what was logged, for reading.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// A bench is a carrier on a fake server.
type bench struct {
	t       testing.TB
	server  *fakegmail.Server
	carrier *smtpmail.Carrier
	state   belfry.MailAccounts
	clock   *clock
	log     *log
	commits []string
}

// fake starts a server, for one test.
func fake(t testing.TB, scenario string) *fakegmail.Server {
	t.Helper()
	return fakeWith(t, fakegmail.Options{Users: map[string]string{user: secret}}, scenario)
}

func fakeWith(t testing.TB, o fakegmail.Options, scenario string) *fakegmail.Server {
	t.Helper()
	sc, err := fakegmail.ParseScenario(scenario)
	if err != nil {
		t.Fatal(err)
	}
	o.Scenario = sc
	s, err := fakegmail.Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// accountAt is an account for a fake.
func accountAt(s *fakegmail.Server) smtpmail.Account {
	return smtpmail.Account{
		Name: "main", Host: "127.0.0.1", Port: s.Port(), User: user, Secret: secret, RootCAs: s.CertPool(), HelloName: "app.example.org",
		Timeouts: smtpmail.Within(20 * time.Second),
	}
}

func newBench(t testing.TB, scenario string, change ...func(*smtpmail.Account)) *bench {
	t.Helper()
	s := fake(t, scenario)
	a := accountAt(s)
	for _, f := range change {
		f(&a)
	}
	b := &bench{t: t, server: s, state: storetest.NewMemory(), clock: newClock(), log: &log{}}
	b.open(a)
	return b
}

// open makes the carrier anew, as a restart does.
func (b *bench) open(accounts ...smtpmail.Account) {
	b.t.Helper()
	if b.carrier != nil {
		_ = b.carrier.Close()
	}
	c, err := smtpmail.New(smtpmail.Config{
		Accounts: accounts, State: b.state, Now: b.clock.Now, Patience: 5 * time.Second,
		Logger: slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.carrier = c
	b.t.Cleanup(func() { _ = c.Close() })
}

func (b *bench) commit(_ context.Context, account string) error {
	b.commits = append(b.commits, account)
	return nil
}

func (b *bench) carry(l belfry.Letter) belfry.Outcome {
	b.t.Helper()
	return b.carrier.Carry(b.t.Context(), l, b.commit)
}

// send carries the n-th letter.
func (b *bench) send(n int) belfry.Outcome { return b.carry(mail(n)) }

func (b *bench) scenario(text string) { b.server.SetScenario(fakegmail.MustScenario(text)) }

func mail(n int) belfry.Letter {
	text := fmt.Sprintf("Message-ID: <%d@example.org>\r\nFrom: %s\r\nTo: eve@example.net\r\nSubject: number %d\r\n\r\n"+
		".begins with a dot\r\n..\r\nmiddle\r\n.\r\nQUIT\r\nend\r\n", n, user, n)
	return belfry.Letter{From: user, To: "eve@example.net", Message: []byte(text)}
}

// want checks what became of a letter.
func (b *bench) want(got belfry.Outcome, verdict belfry.Verdict, fault belfry.Fault) {
	b.t.Helper()
	if got.Verdict != verdict || got.Fault != fault {
		b.t.Fatalf("got %+v (attempt %+v), want verdict %d, fault %q\n%s", got, got.Attempt, verdict, fault, b.server.Dialogue())
	}
}

// sscan reads the number of a Message-ID.
func sscan(id string, n *int) (int, error) { return fmt.Sscanf(id, "<%d@example.org>", n) }
