package auth

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/sony/gobreaker/v2"
	"golang.org/x/sync/singleflight"

	"github.com/belfryhq/belfry"
)

// Ask says which back end is asked who somebody is: `GET URL` with the request's Cookie and Authorization. It answers 200 and
// `{"user_id":"42"}` (a string or an integer; `"expires_at"`, RFC 3339, where it knows), or 401 or 403. Whatever else it answers
// is an outage. No redirect is followed.
type Ask struct {
	URL     string        // http or https; empty: nobody is asked
	Timeout time.Duration // 0: 3 s
	Cache   time.Duration // how long an answer holds; 0: 5 s, negative: it is asked each time
	Grace   time.Duration // how long an open stream outlives an outage; 0: 15 minutes
}

const (
	defaultAskTimeout = 3 * time.Second
	defaultAskCache   = 5 * time.Second
	defaultAskGrace   = 15 * time.Minute

	maxAnswer   = 64 << 10
	maxAsking   = 32       // questions under way at once
	maxShown    = 32 << 10 // of cookies and Authorization
	breakAfter  = 5        // outages one after the other, until nothing is asked for breakFor
	breakFor    = 5 * time.Second
	refusedHold = time.Second // a refusal holds for less: whoever logs in may keep the cookie that was refused
	keptAnswers = 10_000
)

// An asker knows people by what the app's back end says.
type asker struct {
	url            string
	timeout        time.Duration
	cache          *answers
	grace          time.Duration
	client         *http.Client
	turns          chan struct{}
	flight         singleflight.Group
	breaker        *gobreaker.CircuitBreaker[reply]
	now            func() time.Time
	admitted       atomic.Int64
	refused, outed atomic.Int64
}

// A reply is what the back end said: a person, or nobody.
type reply struct {
	user    string // empty: nobody
	expires time.Time
}

func newAsker(c Ask, now func() time.Time) (*asker, error) {
	if c.URL == "" {
		return nil, nil
	}
	if err := checkAddress(c.URL); err != nil {
		return nil, err
	}
	orElse := func(d *time.Duration, def time.Duration) {
		if *d == 0 {
			*d = def
		}
	}
	orElse(&c.Timeout, defaultAskTimeout)
	orElse(&c.Cache, defaultAskCache)
	orElse(&c.Grace, defaultAskGrace)
	return &asker{
		url: c.URL, timeout: c.Timeout, grace: c.Grace, now: now, client: newClient(c.Timeout),
		cache: newAnswers(max(c.Cache, 0), now), turns: make(chan struct{}, maxAsking),
		breaker: gobreaker.NewCircuitBreaker[reply](gobreaker.Settings{
			Timeout: breakFor, ReadyToTrip: func(n gobreaker.Counts) bool { return n.ConsecutiveFailures >= breakAfter },
		}),
	}, nil
}

// shown is what of a request is passed on.
type shown struct{ cookie, authorization string }

// find returns what a request shows; ok is false when that is nothing, or API keys of ours, which are nobody else's business.
func (a *asker) find(r *http.Request) (s shown, ok bool) {
	if a == nil {
		return shown{}, false
	}
	s = shown{strings.Join(r.Header.Values("Cookie"), "; "), r.Header.Get("Authorization")}
	if strings.HasPrefix(bearer(r.Header), keyPrefix) {
		s.authorization = ""
	}
	n := len(s.cookie) + len(s.authorization)
	return s, n > 0 && n <= maxShown
}

// hash names what was shown in the cache.
func (s shown) hash() [sha256.Size]byte {
	b := binary.AppendUvarint(make([]byte, 0, len(s.cookie)+len(s.authorization)+4), uint64(len(s.cookie)))
	return sha256.Sum256(append(append(b, s.cookie...), s.authorization...))
}

// byAsking returns who the back end says it is.
func (a *asker) byAsking(ctx context.Context, s shown) (Principal, error) {
	r, err := a.reply(ctx, s)
	switch {
	case err != nil:
		a.outed.Add(1)
		return Principal{}, &outage{MethodAuthURL, err}
	case r.user == "":
		a.refused.Add(1)
		return Principal{}, reason("the back end does not know it")
	case !r.expires.IsZero() && !a.now().Before(r.expires):
		return Principal{}, errExpired
	}
	a.admitted.Add(1)
	p := Principal{Kind: User, User: r.user, ExpiresAt: r.expires, Method: MethodAuthURL, Cookie: true}
	p.Login = &Login{grace: a.grace, again: func(ctx context.Context) (Principal, error) { return judged(a.byAsking(ctx, s)) }}
	return p, nil
}

// reply takes the answer from the cache, or asks; of many who show the same at once, one asks for all.
func (a *asker) reply(ctx context.Context, s shown) (reply, error) {
	hash := s.hash()
	if r, ok := a.cache.get(hash); ok {
		return r, nil
	}
	v, err, _ := a.flight.Do(string(hash[:]), func() (any, error) {
		// Whoever asked first may go away; the others wait for the same answer.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.timeout)
		defer cancel()
		select {
		case a.turns <- struct{}{}:
			defer func() { <-a.turns }()
		case <-ctx.Done():
			return reply{}, errors.New("too many questions are under way")
		}
		r, err := a.breaker.Execute(func() (reply, error) { return a.ask(ctx, s) })
		if err == nil {
			a.cache.put(hash, r)
		}
		return r, err
	})
	if err != nil {
		return reply{}, err
	}
	r, _ := v.(reply)
	return r, nil
}

func (a *asker) ask(ctx context.Context, s shown) (reply, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.url, nil)
	if err != nil {
		return reply{}, err
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "Belfry")
	if s.cookie != "" {
		r.Header.Set("Cookie", s.cookie)
	}
	if s.authorization != "" {
		r.Header.Set("Authorization", s.authorization)
	}
	resp, err := a.client.Do(r)
	if err != nil {
		return reply{}, withoutURL(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := readAtMost(resp.Body, maxAnswer)
	switch {
	case resp.StatusCode == http.StatusUnauthorized, resp.StatusCode == http.StatusForbidden:
		return reply{}, nil
	case resp.StatusCode != http.StatusOK:
		return reply{}, fmt.Errorf("the back end answers with status %d, and 200, 401 or 403 is wanted", resp.StatusCode)
	case err != nil:
		return reply{}, err
	}
	return readReply(body)
}

// readReply reads the body of a 200. A user_id that is null is nobody.
func readReply(body []byte) (reply, error) {
	var id, expires jsontext.Value
	err := eachMember(body, func(name string, v jsontext.Value) {
		switch name {
		case "user_id":
			id = v
		case "expires_at":
			expires = v
		}
	})
	switch {
	case err != nil:
		return reply{}, errors.New("the back end's answer is not a JSON object")
	case id == nil:
		return reply{}, errors.New("the back end's answer has no user_id")
	case id.Kind() == 'n':
		return reply{}, nil
	}
	user, ok := identity(id)
	if !ok || belfry.ValidateUserID(user) != nil {
		return reply{}, errors.New("the back end's user_id is neither a string of 1 to 255 printable characters nor an integer")
	}
	r := reply{user: user}
	if expires != nil && expires.Kind() != 'n' {
		s, _ := text(expires)
		if r.expires, err = time.Parse(time.RFC3339, s); err != nil {
			return reply{}, errors.New("the back end's expires_at is not a time of RFC 3339, like 2026-01-01T12:00:00Z")
		}
	}
	return r, nil
}

// checkAddress refuses what cannot be asked. It quotes nothing: an address may hold a password.
func checkAddress(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Fragment != "" {
		return errors.New("it is not an http or https address: give one like https://app.example.com/whoami")
	}
	return nil
}
