package smtpmail

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

// tokens fetches access tokens, one at a time, and keeps the last.
type tokens struct {
	config  oauth2.Config
	refresh string
	within  time.Duration

	mu   sync.Mutex
	last *oauth2.Token
}

func newTokens(o OAuth2, within time.Duration) *tokens {
	return &tokens{
		config: oauth2.Config{
			ClientID: o.ClientID, ClientSecret: o.ClientSecret,
			Endpoint: oauth2.Endpoint{TokenURL: o.TokenURL, AuthStyle: oauth2.AuthStyleInParams},
		},
		refresh: o.RefreshToken, within: min(within, time.Minute),
	}
}

// ahead is how long before its end a token is fetched anew: a login with one that ends underway fails like a wrong one.
const ahead = 5 * time.Minute

// get returns an access token that is good for a while, and whether it is one that was kept. The error holds nothing that the
// address answered but its code.
func (t *tokens) get(ctx context.Context) (token string, kept bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last != nil && (t.last.Expiry.IsZero() || time.Until(t.last.Expiry) > ahead) {
		return t.last.AccessToken, true, nil
	}
	within, cancel := context.WithTimeout(ctx, t.within)
	defer cancel()
	fetched, err := t.config.TokenSource(within, &oauth2.Token{RefreshToken: t.refresh}).Token()
	if err == nil {
		t.last = fetched
		if fetched.RefreshToken != "" {
			t.refresh = fetched.RefreshToken
		}
		return fetched.AccessToken, false, nil
	}
	var answer *oauth2.RetrieveError
	switch {
	case ctx.Err() != nil:
		return "", false, ended(ctx)
	case within.Err() != nil:
		return "", false, late(t.within)
	case errors.As(err, &answer) && answer.Response != nil:
		text := fmt.Sprintf("the token address answered %d %.60s", answer.Response.StatusCode, answer.ErrorCode)
		switch answer.ErrorCode {
		case "invalid_grant", "invalid_client", "unauthorized_client", "invalid_scope":
			return "", false, &kindError{"token-refused", text}
		}
		return "", false, &kindError{"token-trouble", text}
	}
	return "", false, &kindError{"token-trouble", "the token address does not answer: " + describe(kindOf(err), err)}
}

// forget makes the next get fetch a new token: the server did not take this one.
func (t *tokens) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = nil
}
