package api

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
)

// A script is the client for pages, ready to be served.
type script struct {
	plain, zipped []byte
	etag          string
}

func newScript(js []byte) (script, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return script{}, err
	}
	if _, err := w.Write(js); err != nil {
		return script{}, err
	}
	if err := w.Close(); err != nil {
		return script{}, err
	}
	sum := sha256.Sum256(js)
	// Weak, because both encodings are one version.
	return script{plain: js, zipped: b.Bytes(), etag: `W/"` + hex.EncodeToString(sum[:8]) + `"`}, nil
}

// belfryScript is GET /belfry.js. Every page may load it: it holds no data, and a module from another origin needs CORS.
func (a *API) belfryScript(c *call) error {
	if len(a.script.plain) == 0 {
		return errNoPath
	}
	h := c.Header()
	if h.Get("Access-Control-Allow-Origin") == "" {
		h.Set("Access-Control-Allow-Origin", "*")
	}
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Cache-Control", "no-cache") // asked for each time, sent when it changed: an upgrade reaches every page at once
	h.Set("Vary", "Accept-Encoding, Origin")
	h.Set("ETag", a.script.etag)
	if match := c.r.Header.Get("If-None-Match"); match == "*" || strings.Contains(match, a.script.etag[len("W/"):]) {
		c.WriteHeader(http.StatusNotModified)
		return nil
	}
	body := a.script.plain
	if acceptsGzip(c.r.Header.Get("Accept-Encoding")) {
		body = a.script.zipped
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	c.WriteHeader(http.StatusOK)
	_, _ = c.Write(body)
	return nil
}

func acceptsGzip(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		coding, q, weighted := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		_, value, _ := strings.Cut(q, "=")
		weight, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		return !weighted || err != nil || weight > 0
	}
	return false
}
