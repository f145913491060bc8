package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/belfryhq/belfry"
)

const api = "/api/v1"

// A role says which credential a call takes.
type role uint8

const (
	app role = iota
	person
)

// A call is one request and where its answer goes.
type call struct {
	as      role
	method  string
	path    string // below /api/v1, escaped
	query   url.Values
	in      any     // the body; nil: none
	out     any     // nil: the answer's body is not wanted
	raw     *[]byte // gets a body that is no JSON; nil: it is
	header  http.Header
	replied *http.Response // the answer without its body, after a success
}

// do makes one request. The error is a *belfry.Error for a refusal, else says what went wrong between here and there.
func (c *Client) do(ctx context.Context, q *call) error {
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, callTimeout)
		defer cancel()
	}
	req, err := c.request(ctx, q)
	if err != nil {
		return err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("%s %s: %w", q.method, api+q.path, withoutURL(err))
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode >= 300 {
		return problem(q, resp)
	}
	q.replied = resp
	if q.raw != nil {
		if *q.raw, err = io.ReadAll(resp.Body); err != nil {
			return fmt.Errorf("%s %s: read the answer: %w", q.method, api+q.path, err)
		}
	}
	if q.out != nil {
		if err := json.NewDecoder(resp.Body).Decode(q.out); err != nil {
			return fmt.Errorf("%s %s: read the answer: %w", q.method, api+q.path, err)
		}
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 4096)) // so that the connection can serve again
	return nil
}

func (c *Client) request(ctx context.Context, q *call) (*http.Request, error) {
	var body io.Reader
	if q.in != nil {
		b, err := json.Marshal(q.in)
		if err != nil {
			return nil, fmt.Errorf("%s %s: encode the request: %w", q.method, api+q.path, err)
		}
		body = bytes.NewReader(b)
	}
	target := c.base + api + q.path
	if len(q.query) > 0 {
		target += "?" + q.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, q.method, target, body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", q.method, api+q.path, err)
	}
	for name, values := range q.header {
		req.Header[name] = values
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	credential, err := c.credential(ctx, q.as)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", q.method, api+q.path, err)
	}
	req.Header.Set("Authorization", "Bearer "+credential)
	return req, nil
}

func (c *Client) credential(ctx context.Context, as role) (string, error) {
	if as == app {
		if c.key == "" {
			return "", errors.New("this call needs an API key: give client.New the option WithAPIKey")
		}
		return c.key, nil
	}
	if c.token == nil {
		return "", errors.New("this call needs a person's token: give client.New the option WithToken")
	}
	token, err := c.token(ctx)
	if err != nil {
		return "", fmt.Errorf("get a token: %w", err)
	}
	return token, nil
}

// A statusError is an answer that no *belfry.Error stands for.
type statusError struct {
	status    int
	what      string
	requestID string
}

func (e *statusError) Error() string {
	if e.requestID == "" {
		return fmt.Sprintf("%s: answered %d %s", e.what, e.status, http.StatusText(e.status))
	}
	return fmt.Sprintf("%s: answered %d %s (request id %s)", e.what, e.status, http.StatusText(e.status), e.requestID)
}

// problem makes the error of an answer that is not a success.
func problem(q *call, resp *http.Response) error {
	status := &statusError{status: resp.StatusCode, what: q.method + " " + api + q.path, requestID: resp.Header.Get("X-Request-Id")}
	code := codeOf(resp.StatusCode)
	if code == "" {
		return status
	}
	var p struct {
		Title  string              `json:"title"`
		Detail string              `json:"detail"`
		Errors []belfry.FieldError `json:"errors"`
	}
	if json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&p) != nil || p.Detail == "" && p.Title == "" {
		return status // not Belfry's answer: something between here and there made it
	}
	if p.Detail == "" {
		p.Detail = p.Title
	}
	return &refusal{&belfry.Error{Code: code, Detail: p.Detail, Fields: p.Errors}, retryAfter(resp)}
}

// A refusal is a *belfry.Error that also knows how long the server asked to wait.
type refusal struct {
	err   *belfry.Error
	after time.Duration
}

// Error implements error.
func (r *refusal) Error() string { return r.err.Error() }

// Unwrap gives errors.As and errors.Is the *belfry.Error.
func (r *refusal) Unwrap() error { return r.err }

func codeOf(status int) belfry.Code {
	switch status {
	case http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusNotAcceptable, http.StatusUnsupportedMediaType:
		return belfry.CodeMalformed
	case http.StatusUnauthorized:
		return belfry.CodeNoIdentity
	case http.StatusForbidden:
		return belfry.CodeForbidden
	case http.StatusNotFound:
		return belfry.CodeUnknown
	case http.StatusConflict:
		return belfry.CodeConflict
	case http.StatusRequestEntityTooLarge:
		return belfry.CodeTooLarge
	case http.StatusUnprocessableEntity:
		return belfry.CodeInvalid
	case http.StatusTooManyRequests:
		return belfry.CodeTooMany
	case http.StatusServiceUnavailable:
		return belfry.CodeUnavailable
	case http.StatusInsufficientStorage:
		return belfry.CodeFull
	default:
		return ""
	}
}

// withoutURL takes the address out of an error of net/http: a query may hold what no log should.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
