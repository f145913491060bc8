package conformance_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/belfryhq/belfry/internal/conformance"
)

// A mutant is a server with one fault, and the cases that must notice it.
type mutant struct {
	fault func(http.Handler) http.Handler
	cases []string
}

func mutants() map[string]mutant {
	return map[string]mutant{
		"no request id":          {onHeader(func(h http.Header, _ int) int { h.Del("X-Request-Id"); return 0 }), []string{"request id: a given one is answered", "list: newest first"}},
		"refuses with 400":       {onHeader(instead(422, 400)), []string{"send refused: title missing", "patch refused: a number", "list refused: limit=0"}},
		"creates with 200":       {onHeader(instead(201, 200)), []string{"send: one person", "ticket: has a value and a minute"}},
		"trusts every origin":    {onHeader(func(h http.Header, _ int) int { h.Set("Access-Control-Allow-Origin", "*"); return 0 }), []string{"cors: a stranger's page may not read the inbox", "cors: a stranger's page may not read the stream"}},
		"plain problems":         {onHeader(func(h http.Header, _ int) int { h.Set("Content-Type", "application/json"); return 0 }), []string{"service: an unknown path is a 404 problem", "stream: headers"}},
		"hides Allow":            {onHeader(func(h http.Header, _ int) int { h.Del("Allow"); return 0 }), []string{"method: /notifications/counts/ refuses others with 405 and Allow"}},
		"lets everyone in":       {onRequest(func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+apiKey) }), []string{"credential: POST /notifications/ wants the right one", "ticket: does not make an app of a person"}},
		"forgets keys":           {onRequest(func(r *http.Request) { r.Header.Del("Idempotency-Key") }), []string{"idempotency: the same key and body answer the same again", "idempotency: twenty at once are one send"}},
		"takes every Accept":     {onRequest(func(r *http.Request) { r.Header.Set("Accept", "*/*") }), []string{`accept: "application/json" is 406`}},
		"resumes from nowhere":   {onRequest(func(r *http.Request) { r.Header.Del("Last-Event-ID") }), []string{"resume: by header", "resume: from every cursor of a sequence", "close: the client that comes back is stopped by a 204"}},
		"redirects to the slash": {redirecting, []string{"slash: GET /notifications/counts/ answers in both forms", "slash: POST /notifications/ answers in both forms"}},
		"stream without ids":     {onStream(func(b []byte) []byte { return fields(b, "id: ") }), []string{"stream: ids are cursors that count", "stream: the connection event"}},
		"stream without retry":   {onStream(func(b []byte) []byte { return fields(b, "retry: ") }), []string{"stream: says how long to wait before anything else"}},
		"stream doubles":         {onStream(func(b []byte) []byte { return append(b[:len(b):len(b)], b...) }), []string{"stream: ids are cursors that count", "join: sends by many at once come in the order of their numbers", "close: ends all of the person's streams"}},
		"stream swaps":           {onStream(swapped), []string{"resume: a thousand entries, each once and in order"}},
		"stream of CR LF":        {onStream(func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")) }), []string{"framing: the stream is LF alone, with nothing but fields"}},
		"stream that never ends": {onStream(func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("-x\n"), []byte("\n")) }), []string{"close: the client that comes back is stopped by a 204", "limit: one stream too many is closed, the others stay"}},
		"stream of names":        {onStream(func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("event: update"), []byte("event: change")) }), []string{"stream: a change of state is an update with the whole notification", "devices: read on one is told to the other"}},
		"stream breaks text":     {onStream(func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\u2028"), []byte(" ")) }), []string{"framing: Unicode's own line breaks in a body", "framing: every printable character in a title"}},
		"stream miscounts":       {onStream(func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(`"unread":2`), []byte(`"unread":3`)) }), []string{"resume: counts are told at the start"}},
	}
}

// A suite that passes whatever it is shown would be worth nothing: each of these faults must be seen.
func TestFaultsAreNoticed(t *testing.T) {
	t.Parallel()
	byName := map[string]conformance.Case{}
	for _, c := range conformance.Cases() {
		byName[c.Name] = c
	}
	for name, m := range mutants() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := startWith(t, open(t), true, m.fault)
			for _, which := range m.cases {
				c, ok := byName[which]
				if !ok {
					t.Errorf("there is no case %q", which)
					continue
				}
				if r := c.Try(t.Context(), target); r.Outcome != conformance.Failed {
					t.Errorf("%q did not notice: %s %s", which, r.Outcome, r.Detail)
				}
			}
		})
	}
}

// An altered is a ResponseWriter whose answer is changed on its way.
type altered struct {
	http.ResponseWriter
	header func(h http.Header, status int) int // returns another status, or 0
	body   func([]byte) []byte                 // of streams alone
	begun  bool
}

// Unwrap lets a stream be flushed.
func (a *altered) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// WriteHeader implements [http.ResponseWriter].
func (a *altered) WriteHeader(status int) {
	a.begun = true
	if a.header != nil {
		if other := a.header(a.Header(), status); other != 0 {
			status = other
		}
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (a *altered) Write(b []byte) (int, error) {
	if !a.begun {
		a.WriteHeader(http.StatusOK)
	}
	if a.body != nil && strings.HasPrefix(a.Header().Get("Content-Type"), "text/event-stream") {
		if _, err := a.ResponseWriter.Write(a.body(b)); err != nil {
			return 0, err
		}
		return len(b), nil
	}
	return a.ResponseWriter.Write(b)
}

func onHeader(change func(http.Header, int) int) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(&altered{ResponseWriter: w, header: change}, r)
		})
	}
}

func instead(of, is int) func(http.Header, int) int {
	return func(_ http.Header, status int) int {
		if status == of {
			return is
		}
		return 0
	}
}

func onStream(change func([]byte) []byte) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(&altered{ResponseWriter: w, body: change}, r)
		})
	}
}

func onRequest(change func(*http.Request)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			change(r)
			next.ServeHTTP(w, r)
		})
	}
}

func redirecting(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/") {
			http.Redirect(w, r, r.URL.Path+"/", http.StatusMovedPermanently)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// fields leaves out the lines of a field.
func fields(b []byte, without string) []byte {
	var out []byte
	for line := range bytes.Lines(b) {
		if !bytes.HasPrefix(line, []byte(without)) {
			out = append(out, line...)
		}
	}
	return out
}

// swapped turns the order of the frames in one write round.
func swapped(b []byte) []byte {
	var out []byte
	for frame := range bytes.SplitSeq(bytes.TrimSuffix(b, []byte("\n\n")), []byte("\n\n")) {
		out = append(append(append([]byte(nil), frame...), "\n\n"...), out...)
	}
	return out
}
