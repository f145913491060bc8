package api

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/belfryhq/belfry"
)

var errEmptyBody = belfry.Errorf(belfry.CodeMalformed, "The body is empty; this call needs a JSON object.")

// maxKept bounds the buffers that are kept for reuse.
const maxKept = 64 * 1024

// buffer lends a buffer until give is called with what became of it.
func (a *API) buffer() *[]byte { return a.buffers.Get().(*[]byte) }

func (a *API) give(p *[]byte, b []byte) {
	if cap(b) <= maxKept {
		*p = b[:0]
		a.buffers.Put(p)
	}
}

func (a *API) bodyTooBig() error {
	return belfry.Errorf(belfry.CodeTooLarge, "The body is larger than the %d bytes that one request may have.", a.MaxBody)
}

// body reads the request's body into b. The result is empty when there is none.
func (a *API) body(c *call, b []byte) ([]byte, error) {
	if err := mediaType(c.r.Header); err != nil {
		return b, err
	}
	if c.r.ContentLength > int64(a.MaxBody) {
		return b, a.bodyTooBig()
	}
	buf := bytes.NewBuffer(b)
	if n := c.r.ContentLength; n > 0 {
		buf.Grow(int(n) + bytes.MinRead) // ReadFrom wants room to see the end
	}
	// The underlying writer is given, so that net/http closes the connection instead of reading on.
	_, err := buf.ReadFrom(http.MaxBytesReader(c.ResponseWriter, c.r.Body, int64(a.MaxBody)))
	if _, big := errors.AsType[*http.MaxBytesError](err); big {
		return buf.Bytes(), a.bodyTooBig()
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return buf.Bytes(), belfry.Errorf(belfry.CodeMalformed, "The body could not be read to its end.")
	}
	return buf.Bytes(), nil
}

// mediaType refuses a body that says it is not JSON. One that says nothing is taken at its word's worth.
func mediaType(h http.Header) error {
	if e := h.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return errMediaType
	}
	ct := h.Get("Content-Type")
	if ct == "" || ct == "application/json" {
		return nil
	}
	t, params, err := mime.ParseMediaType(ct)
	isJSON := t == "application/json" || strings.HasPrefix(t, "application/") && strings.HasSuffix(t, "+json")
	if err != nil || !isJSON {
		return errMediaType
	}
	if cs, ok := params["charset"]; ok && !strings.EqualFold(cs, "utf-8") {
		return errMediaType
	}
	return nil
}

// read decodes the body into v, strictly.
func (a *API) read(c *call, v any) error { return a.readBody(c, v, errEmptyBody) }

// readOptional is read for calls that work without a body too.
func (a *API) readOptional(c *call, v any) error { return a.readBody(c, v, nil) }

func (a *API) readBody(c *call, v any, empty error) error {
	p := a.buffer()
	b, err := a.body(c, *p)
	defer func() { a.give(p, b) }()
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(b)) == 0 {
		return empty
	}
	return a.strict.decode(b, v)
}
