package limit_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/belfryhq/belfry/internal/limit"
)

func limiter(t testing.TB, rates limit.Rates) *limit.Limiter {
	t.Helper()
	l, err := limit.New(rates)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func source(s string) limit.Source { return limit.Source{Addr: netip.MustParseAddr(s)} }

func TestABurstThenTheRate(t *testing.T) {
	t.Parallel()
	l := limiter(t, limit.Rates{limit.Sends: {Count: 10, Per: time.Second, Burst: 30}})
	now := time.Now()
	for i := range 30 {
		if wait := l.Name(limit.Sends, "shop", now); wait != 0 {
			t.Fatalf("call %d of the burst: wait %v", i, wait)
		}
	}
	if wait := l.Name(limit.Sends, "shop", now); wait != 100*time.Millisecond {
		t.Errorf("after the burst: wait %v, want 100ms", wait)
	}
	if wait := l.Name(limit.Sends, "blog", now); wait != 0 {
		t.Errorf("another key: wait %v", wait)
	}
	if wait := l.Name(limit.Reads, "shop", now); wait != 0 {
		t.Errorf("another kind, without a rate: wait %v", wait)
	}
	now = now.Add(100 * time.Millisecond)
	if wait := l.Name(limit.Sends, "shop", now); wait != 0 {
		t.Errorf("when one came back: wait %v", wait)
	}
	if wait := l.Name(limit.Sends, "shop", now); wait == 0 {
		t.Error("and only one did")
	}
	if got := l.Refused(limit.Sends); got != 2 {
		t.Errorf("refused: got %d, want 2", got)
	}
	var none *limit.Limiter
	if none.Name(limit.Sends, "shop", now) != 0 || none.Refused(limit.Sends) != 0 || none.Locked(source("192.0.2.1"), &http.Request{}, now) != 0 {
		t.Error("no limiter bounds something")
	}
}

// Whatever the times of the calls, no span of time sees more than its burst and what comes back in it, and who waits as
// told is let through.
func TestNoSpanSeesMore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rate := limit.Rate{Count: rapid.IntRange(1, 50).Draw(t, "count"), Per: time.Second, Burst: rapid.IntRange(1, 60).Draw(t, "burst")}
		l, err := limit.New(limit.Rates{limit.Reads: rate})
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		var granted []time.Time
		for _, step := range rapid.SliceOfN(rapid.Int64Range(0, 200), 1, 200).Draw(t, "steps") {
			now = now.Add(time.Duration(step) * time.Millisecond)
			wait := l.Name(limit.Reads, "ada", now)
			if wait > 0 {
				if now = now.Add(wait); l.Name(limit.Reads, "ada", now) != 0 {
					t.Fatalf("refused after waiting %v as told", wait)
				}
			}
			granted = append(granted, now)
		}
		each := rate.Per / time.Duration(rate.Count)
		for i := range granted {
			for j := i; j < len(granted); j++ {
				if n, most := j-i+1, rate.Burst+int(granted[j].Sub(granted[i])/each); n > most {
					t.Fatalf("%d in %v, at most %d", n, granted[j].Sub(granted[i]), most)
				}
			}
		}
	})
}

// A flood from very many addresses costs no memory, and the one who floods most is not forgotten for it. It stands alone,
// because what others allocate would count.
func TestManyAddressesCostNothing(t *testing.T) {
	l := limiter(t, limit.Rates{limit.Address: {Count: 1, Per: time.Second, Burst: 5}})
	now := time.Now()
	loud := source("198.51.100.7")
	for range 5 {
		l.From(limit.Address, loud, now)
	}
	i := 0
	if n := testing.AllocsPerRun(200_000, func() {
		i++
		l.From(limit.Address, limit.Source{Addr: netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})}, now)
	}); n > 0 {
		t.Errorf("each address allocates %v times", n)
	}
	if l.From(limit.Address, loud, now) == 0 {
		t.Error("the loudest was forgotten")
	}
}

func TestAddressesCountByTheirNetwork(t *testing.T) {
	t.Parallel()
	l := limiter(t, limit.Rates{limit.Address: {Count: 1, Per: time.Second, Burst: 1}})
	now := time.Now()
	for _, c := range []struct {
		addr string
		free bool
	}{
		{"2001:db8:1:2::1", true},
		{"2001:db8:1:2:ffff::9", false}, // of the same 64 bits
		{"2001:db8:1:3::1", true},
		{"192.0.2.1", true},
		{"192.0.2.2", true},
		{"192.0.2.1", false},
	} {
		if got := l.From(limit.Address, source(c.addr), now) == 0; got != c.free {
			t.Errorf("%s: let through %v, want %v", c.addr, got, c.free)
		}
	}
	crowd := limit.Source{Addr: netip.MustParseAddr("127.0.0.1"), Crowd: true}
	for range 3 {
		if l.From(limit.Address, crowd, now) != 0 || l.From(limit.Address, limit.Source{}, now) != 0 {
			t.Error("a crowd and an unknown address have no bound")
		}
	}
}

func request(target string, header ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	return r
}

// Guesses lock an address; who was known before goes on, and no bad credential hides behind a good one.
func TestGuessesLockTheGuesser(t *testing.T) {
	t.Parallel()
	l := limiter(t, limit.Rates{limit.Failures: {Count: 1, Per: time.Second, Burst: 3}})
	now := time.Now()
	here, elsewhere := source("192.0.2.1"), source("192.0.2.9")
	good := request("/?limit=5", "Authorization", "Bearer good", "Cookie", "a=b")
	l.Good(here, good, now)
	for range 3 {
		if l.Locked(here, request("/"), now) != 0 {
			t.Fatal("locked too early")
		}
		l.Failed(here, request("/"), now)
	}
	for name, c := range map[string]struct {
		from   limit.Source
		r      *http.Request
		locked bool
	}{
		"a stranger":                         {here, request("/"), true},
		"a stranger elsewhere":               {elsewhere, request("/"), false},
		"who was known":                      {here, good, false},
		"who was known, with another filter": {here, request("/?limit=7", "Authorization", "Bearer good", "Cookie", "a=b"), false},
		"a token beside the good one":        {here, request("/?limit=5&token=guess", "Authorization", "Bearer good", "Cookie", "a=b"), true},
		"a ticket beside the good one":       {here, request("/?ticket=guess", "Authorization", "Bearer good", "Cookie", "a=b"), true},
		"a ticket in disguise":               {here, request("/?%74icket=guess", "Authorization", "Bearer good", "Cookie", "a=b"), true},
		"another cookie":                     {here, request("/?limit=5", "Authorization", "Bearer good", "Cookie", "a=c"), true},
		"the good one moved":                 {here, request("/?limit=5", "Cookie", "Bearer gooda=b"), true},
	} {
		if got := l.Locked(c.from, c.r, now) > 0; got != c.locked {
			t.Errorf("%s: locked %v, want %v", name, got, c.locked)
		}
	}
	if l.Locked(here, request("/"), now.Add(time.Second)) != 0 {
		t.Error("a second later: still locked")
	}

	// Who is at work stays so for an hour after each call, however long the guesses go on.
	for range 3 {
		now = now.Add(50 * time.Minute)
		for range 3 {
			l.Failed(here, request("/"), now)
		}
		if l.Locked(here, request("/"), now) == 0 || l.Locked(here, good, now) != 0 {
			t.Error("50 minutes after the last call: want a stranger locked, and who is at work not")
		}
		l.Good(here, good, now)
	}
	now = now.Add(time.Hour)
	for range 3 {
		l.Failed(here, request("/"), now)
	}
	if l.Locked(here, good, now) == 0 {
		t.Error("an hour after the last call: want who was at work a stranger again")
	}
}

// A ticket is expected where it was made, whatever goes along with it; nothing hides behind it, and when it is used up neither does
// it itself.
func TestTicketsAreExpected(t *testing.T) {
	t.Parallel()
	l := limiter(t, limit.Rates{limit.Failures: {Count: 1, Per: time.Second, Burst: 3}})
	now := time.Now()
	here, elsewhere := source("192.0.2.1"), source("192.0.2.9")
	l.Expect(here, "good-ticket_1", now)
	// By these somebody came in, by another credential than it may seem.
	for _, target := range []string{"/?ticket=&ticket=good-ticket_1", "/?ticket=%zz", "/?ticket=a;b", "/?ticket"} {
		l.Good(here, request(target, "Authorization", "Bearer good"), now)
	}
	for range 3 {
		for _, from := range []limit.Source{here, elsewhere} {
			l.Failed(from, request("/"), now)
		}
	}
	for name, c := range map[string]struct {
		from   limit.Source
		r      *http.Request
		locked bool
	}{
		"the ticket":                    {here, request("/?ticket=good-ticket_1"), false},
		"with a cookie and a place":     {here, request("/?last_event_id=1-2-3&ticket=good-ticket_1", "Cookie", "a=b"), false},
		"elsewhere":                     {elsewhere, request("/?ticket=good-ticket_1"), true},
		"another ticket":                {here, request("/?ticket=good-ticket_2"), true},
		"a ticket before it":            {here, request("/?ticket=guess&ticket=good-ticket_1"), true},
		"a ticket in disguise":          {here, request("/?%74icket=guess&ticket=good-ticket_1"), true},
		"a header behind an empty one":  {here, request("/?ticket=&ticket=good-ticket_1", "Authorization", "Bearer guess"), true},
		"a header behind a broken one":  {here, request("/?ticket=%zz", "Authorization", "Bearer guess"), true},
		"a header behind two in one":    {here, request("/?ticket=a;b", "Authorization", "Bearer guess"), true},
		"a header behind the name":      {here, request("/?ticket", "Authorization", "Bearer guess"), true},
		"the header that was good":      {here, request("/?ticket", "Authorization", "Bearer good"), false},
		"the ticket cut into two pairs": {here, request("/?ticket=good-&ticket_1"), true},
	} {
		if got := l.Locked(c.from, c.r, now) > 0; got != c.locked {
			t.Errorf("%s: locked %v, want %v", name, got, c.locked)
		}
	}
	used := request("/?ticket=good-ticket_1")
	l.Good(here, used, now)
	l.Failed(here, used, now)
	if l.Locked(here, used, now) == 0 {
		t.Error("a ticket that is used up: want it locked like any other guess")
	}
}

func TestRatesRefused(t *testing.T) {
	t.Parallel()
	for _, bad := range []limit.Rate{
		{Count: -1, Per: time.Second},
		{Count: 1},
		{Per: time.Second},
		{Count: 1, Per: time.Second, Burst: -1},
		{Count: 1, Per: 48 * time.Hour},
		{Count: 10, Per: 5},
		{Count: 1, Per: time.Hour, Burst: 25},
	} {
		if _, err := limit.New(limit.Rates{limit.Connects: bad}); err == nil || !strings.Contains(err.Error(), "connects") {
			t.Errorf("%+v: got %v, want a refusal that names connects", bad, err)
		}
	}
	limiter(t, limit.DefaultRates())
	seen := map[string]bool{}
	for _, k := range limit.Kinds() {
		if seen[k.String()] || k.String() == "" {
			t.Errorf("kind %d is called %q", k, k)
		}
		seen[k.String()] = true
	}
}

// BenchmarkKnown is all that a call with a known credential costs.
func BenchmarkKnown(b *testing.B) {
	l := limiter(b, limit.DefaultRates())
	r := request("/", "Authorization", "Bearer bf_"+strings.Repeat("k", 43))
	var proxies limit.Proxies
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		now := time.Now()
		s := proxies.Source(r)
		if l.Locked(s, r, now) != 0 {
			b.Fatal("locked")
		}
		l.Good(s, r, now)
		l.Name(limit.Sends, "shop", now)
	}
}

func ExampleRate() {
	l, err := limit.New(limit.Rates{limit.Failures: {Count: 1, Per: time.Minute, Burst: 2}})
	if err != nil {
		panic(err)
	}
	now := time.Now()
	for range 3 {
		fmt.Println(l.Name(limit.Failures, "guest", now))
	}
	// Output:
	// 0s
	// 0s
	// 1m0s
}
