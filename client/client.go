package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// callTimeout bounds a call whose context has no deadline of its own.
const callTimeout = 30 * time.Second

// A Client speaks to one server. Make it with [New].
type Client struct {
	base  string // without a trailing slash
	http  *http.Client
	key   string
	token func(context.Context) (string, error)
}

// An Option sets what a Client uses.
type Option func(*Client) error

// WithAPIKey gives the key for the calls of an app's back end.
func WithAPIKey(key string) Option {
	return func(c *Client) error {
		if key == "" || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return errors.New("the API key is empty, or has spaces or line breaks in it")
		}
		c.key = key
		return nil
	}
}

// WithToken gives the source of the tokens for a person's calls. It is called before every such request, and before
// every connection of a stream, so it should keep a token for as long as it holds.
func WithToken(source func(context.Context) (string, error)) Option {
	return func(c *Client) error {
		if source == nil {
			return errors.New("the source of tokens is nil")
		}
		c.token = source
		return nil
	}
}

// WithHTTPClient has requests made as h makes them, instead of by a client of our own on [http.DefaultTransport]; but
// redirects are refused all the same. Its Timeout should be zero: it would end streams.
func WithHTTPClient(h *http.Client) Option {
	return func(c *Client) error {
		if h == nil {
			return errors.New("the HTTP client is nil")
		}
		own := *h
		own.CheckRedirect = refuseRedirect
		c.http = &own
		return nil
	}
}

// New returns a client of the server at baseURL, like https://bell.example.com; a path in it is kept as a prefix.
func New(baseURL string, opts ...Option) (*Client, error) {
	u, err := url.Parse(baseURL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("make client: %.200q is not the address of a server, like http://127.0.0.1:8000", baseURL)
	}
	c := &Client{base: strings.TrimRight(baseURL, "/"), http: &http.Client{CheckRedirect: refuseRedirect}}
	for _, opt := range opts {
		if err := opt(c); err != nil {
			return nil, fmt.Errorf("make client of %s: %w", u.Redacted(), err)
		}
	}
	return c, nil
}

// refuseRedirect keeps a redirect from turning a POST into a GET: the server never sends one, so whoever does is not it.
func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
