package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/client"
)

const sentOne = `{"id":"019b0000-0000-7000-8000-000000000001","accepted":1,"notifications":[{"id":"019b0000-0000-7000-8000-000000000001","user_id":"42"}]}`

func hello() *belfry.Send {
	return &belfry.Send{To: belfry.ToUser("42"), Category: "order.assigned", Title: "Order 1138 is yours"}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		url string
		opt client.Option
	}{
		"no scheme":        {"127.0.0.1:8000", nil},
		"another scheme":   {"ftp://belfry.test", nil},
		"no host":          {"http://", nil},
		"a query":          {"http://belfry.test/?token=x", nil},
		"an empty key":     {"http://belfry.test", client.WithAPIKey("")},
		"a key of lines":   {"http://belfry.test", client.WithAPIKey("bf_x\nX-Evil: 1")},
		"no token source":  {"http://belfry.test", client.WithToken(nil)},
		"no HTTP client":   {"http://belfry.test", client.WithHTTPClient(nil)},
		"control in a URL": {"http://belfry.test/\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opts := []client.Option{}
			if test.opt != nil {
				opts = append(opts, test.opt)
			}
			if c, err := client.New(test.url, opts...); err == nil {
				t.Errorf("want an error, got %v", c)
			}
		})
	}
}

func TestSendSaysWhoAndWhat(t *testing.T) {
	t.Parallel()
	c, w := connect(t, answer(http.StatusCreated, sentOne))
	got, err := c.Send(t.Context(), hello())
	if err != nil {
		t.Fatal(err)
	}
	if got.Accepted != 1 || len(got.Notifications) != 1 || got.Notifications[0].User != "42" || got.Notifications[0].ID != got.ID || got.Replayed {
		t.Errorf("sent: got %+v", got)
	}
	r := w.request(t, 0)
	if want, got := "POST http://belfry.test/api/v1/notifications/", r.Method+" "+r.URL.String(); want != got {
		t.Errorf("request: want %s, got %s", want, got)
	}
	if want, got := "Bearer the-key", r.Header.Get("Authorization"); want != got {
		t.Errorf("Authorization: want %q, got %q", want, got)
	}
	if want := `{"to":"42","category":"order.assigned","title":"Order 1138 is yours"}`; w.bodies[0] != want {
		t.Errorf("body: want %s, got %s", want, w.bodies[0])
	}
}

func TestSendTriesAgainUnderOneKey(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]reply{
		"no answer":         fail(io.ErrUnexpectedEOF),
		"unavailable":       problem(http.StatusServiceUnavailable),
		"in progress":       problem(http.StatusConflict),
		"too often":         problem(http.StatusTooManyRequests),
		"a proxy's 502":     answer(http.StatusBadGateway, "<html>", "Content-Type", "text/html"),
		"an internal error": problem(http.StatusInternalServerError),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, w := connect(t, first, first, answer(http.StatusCreated, sentOne, "Idempotency-Replay", "true"))
				got, err := c.Send(t.Context(), hello())
				if err != nil || !got.Replayed {
					t.Fatalf("want it replayed, got %+v, %v", got, err)
				}
				key := w.request(t, 0).Header.Get("Idempotency-Key")
				for i := range 3 {
					if got := w.request(t, i).Header.Get("Idempotency-Key"); got != key || len(key) < 20 {
						t.Errorf("key of try %d: want %q, got %q", i, key, got)
					}
				}
			})
		})
	}
}

func TestSendWaitsAsLongAsItIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := connect(t, problem(http.StatusTooManyRequests, "Retry-After", "7"), answer(http.StatusCreated, sentOne))
		start := time.Now()
		if _, err := c.Send(t.Context(), hello()); err != nil {
			t.Fatal(err)
		}
		if want, got := 7*time.Second, time.Since(start); want != got {
			t.Errorf("waited: want %v, got %v", want, got)
		}
	})
}

func TestSendGivesUp(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer reply
		tries  int
		is     error
	}{
		"refused for good":    {problem(http.StatusUnprocessableEntity), 1, belfry.Invalid()},
		"not let in":          {problem(http.StatusUnauthorized), 1, belfry.Errorf(belfry.CodeNoIdentity, "")},
		"the disk is full":    {problem(http.StatusInsufficientStorage), 1, belfry.ErrFull},
		"down for long":       {problem(http.StatusServiceUnavailable), 4, belfry.Errorf(belfry.CodeUnavailable, "")},
		"not there for long":  {fail(io.ErrUnexpectedEOF), 4, io.ErrUnexpectedEOF},
		"redirected away":     {answer(http.StatusMovedPermanently, "", "Location", "http://elsewhere.test/"), 1, nil},
		"an answer of no use": {answer(http.StatusCreated, "<html>"), 4, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, w := connect(t, test.answer, test.answer, test.answer, test.answer, test.answer)
				_, err := c.Send(t.Context(), hello())
				if err == nil || test.is != nil && !errors.Is(err, test.is) {
					t.Errorf("error: want %v, got %v", test.is, err)
				}
				if got := w.count(); got != test.tries {
					t.Errorf("tries: want %d, got %d", test.tries, got)
				}
			})
		})
	}
}

func TestSendEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, w := connect(t, problem(http.StatusServiceUnavailable, "Retry-After", "30"), answer(http.StatusCreated, sentOne))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Send(ctx, hello()); err == nil {
			t.Error("want an error, got none")
		}
		if got := w.count(); got != 1 {
			t.Errorf("tries: want 1, got %d", got)
		}
	})
}

func TestProblemsAreErrorsOfTheirCode(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]belfry.Code{
		400: belfry.CodeMalformed, 401: belfry.CodeNoIdentity, 403: belfry.CodeForbidden, 404: belfry.CodeUnknown, 405: belfry.CodeMalformed, 409: belfry.CodeConflict,
		413: belfry.CodeTooLarge, 415: belfry.CodeMalformed, 422: belfry.CodeInvalid, 429: belfry.CodeTooMany, 503: belfry.CodeUnavailable, 507: belfry.CodeFull,
	} {
		c, _ := connect(t, problem(status))
		_, err := c.Counts(t.Context())
		var e *belfry.Error
		if !errors.As(err, &e) || e.Code != want || e.Detail != "The detail." {
			t.Errorf("status %d: want the code %s, got %#v", status, want, err)
		}
	}
}

func TestProblemsNameTheirFields(t *testing.T) {
	t.Parallel()
	c, _ := connect(t, answer(http.StatusUnprocessableEntity, `{"title":"T","status":422,"detail":"D.","errors":[{"field":"email.to","message":"M"}]}`))
	_, err := c.Send(t.Context(), hello())
	var e *belfry.Error
	if !errors.As(err, &e) || len(e.Fields) != 1 || e.Fields[0] != (belfry.FieldError{Field: "email.to", Message: "M"}) {
		t.Fatalf("want the field, got %v", err)
	}
	for _, word := range []string{"send notification", "email.to", "M"} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the text lacks %q: %v", word, err)
		}
	}
}

func TestForeignAnswersAreNoProblems(t *testing.T) {
	t.Parallel()
	c, _ := connect(t, answer(http.StatusNotFound, "<html>", "Content-Type", "text/html", "X-Request-Id", "r-7"))
	_, err := c.Counts(t.Context())
	if errors.Is(err, belfry.ErrNotFound) || !strings.Contains(err.Error(), "404") || !strings.Contains(err.Error(), "r-7") {
		t.Errorf("want the status and the request id, and no belfry.Error; got %v", err)
	}
}

func TestCallsNeedTheirCredential(t *testing.T) {
	t.Parallel()
	c, err := client.New("http://belfry.test", client.WithHTTPClient(&http.Client{Transport: &wire{}}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.User(t.Context(), "42"); err == nil || !strings.Contains(err.Error(), "WithAPIKey") {
		t.Errorf("want the option that is missing, got %v", err)
	}
	if _, err := c.Counts(t.Context()); err == nil || !strings.Contains(err.Error(), "WithToken") {
		t.Errorf("want the option that is missing, got %v", err)
	}
}

func TestErrorsKeepSecrets(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]reply{"no answer": fail(io.EOF), "refused": problem(401), "foreign": answer(500, "x")} {
		c, _ := connect(t, a)
		if _, err := c.Counts(t.Context()); err == nil || strings.Contains(err.Error(), "the-token") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
