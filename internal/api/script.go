package api

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
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

// belfryScript is GET /belfry.js.
func (a *API) belfryScript(c *call) error { return a.script.answer(c) }

// scriptPart is GET /api/v1/parts/{name}, which the other one loads.
func (a *API) scriptPart(c *call) error { return a.parts[c.variable].answer(c) }

// newParts makes a script of each file, by its name.
func newParts(files fs.FS) (map[string]script, error) {
	parts := make(map[string]script)
	if files == nil {
		return parts, nil
	}
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		js, err := fs.ReadFile(files, entry.Name())
		if err != nil {
			return nil, err
		}
		if parts[entry.Name()], err = newScript(js); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

// answer gives the script to every page that asks: it holds no data, and a module from another origin needs CORS.
func (s script) answer(c *call) error {
	if len(s.plain) == 0 {
		return errNoPath
	}
	h := c.Header()
	if h.Get("Access-Control-Allow-Origin") == "" {
		h.Set("Access-Control-Allow-Origin", "*")
	}
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Cache-Control", "no-cache") // asked for each time, sent when it changed: an upgrade reaches every page at once
	h.Set("Vary", "Accept-Encoding, Origin")
	h.Set("ETag", s.etag)
	if match := c.r.Header.Get("If-None-Match"); match == "*" || strings.Contains(match, s.etag[len("W/"):]) {
		c.WriteHeader(http.StatusNotModified)
		return nil
	}
	body := s.plain
	if acceptsGzip(c.r.Header.Get("Accept-Encoding")) {
		body = s.zipped
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
