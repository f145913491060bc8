package door

import (
	"bufio"
	"bytes"
	"net/http"
	"sync"
)

var readers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 1<<10) }}

// asksFor reports whether it is the whole head of a plain GET of a path. What has any bytes that a head has no need of is
// left to net/http, which knows what to do with it.
func asksFor(head []byte, path string) bool {
	rest, ok := bytes.CutPrefix(head, []byte("GET "))
	if !ok || bytes.Index(head, []byte("\r\n\r\n")) != len(head)-4 {
		return false
	}
	target, rest, _ := bytes.Cut(rest, []byte(" "))
	version, rest, _ := bytes.Cut(rest, []byte("\r\n"))
	if p, _, _ := bytes.Cut(target, []byte("?")); string(bytes.TrimSuffix(p, []byte("/"))) != path || string(version) != "HTTP/1.1" {
		return false
	}
	for i, c := range rest {
		control := c < ' ' && c != '\t' || c == 0x7f
		if control && (c != '\r' || rest[i+1] != '\n') && (c != '\n' || i == 0 || rest[i-1] != '\r') {
			return false
		}
	}
	return true
}

// parse reads a head as net/http's server would, or returns nil for what the server may refuse, or treats in a way of its
// own: it is the server's.
func parse(head []byte) *http.Request {
	b, ok := readers.Get().(*bufio.Reader)
	if !ok {
		return nil
	}
	defer readers.Put(b)
	b.Reset(bytes.NewReader(head))
	r, err := http.ReadRequest(b)
	if err != nil || r.Host == "" || r.ContentLength != 0 || len(r.TransferEncoding) > 0 || !plain(head, r) {
		return nil
	}
	return r
}

// plain reports whether the fields of a head are such as no server refuses: each named by a token, no line continued, one
// host, made of what hosts are made of, and nothing that changes the protocol.
func plain(head []byte, r *http.Request) bool {
	hosts := 0
	_, fields, _ := bytes.Cut(head, []byte("\r\n"))
	for line := range bytes.SplitSeq(bytes.TrimSuffix(fields, []byte("\r\n\r\n")), []byte("\r\n")) {
		name, _, found := bytes.Cut(line, []byte(":"))
		if len(line) > 0 && (!found || !token(name)) {
			return false
		}
		if bytes.EqualFold(name, []byte("Host")) {
			hosts++
		}
	}
	for i := range len(r.Host) {
		if c := r.Host[i]; !letter(c) && c != '.' && c != '-' && c != ':' && c != '[' && c != ']' && c != '_' {
			return false
		}
	}
	return hosts == 1 && r.Header.Get("Upgrade") == "" && r.Header.Get("Expect") == ""
}

// token reports whether it is the name of a field, of the characters that names have.
func token(name []byte) bool {
	for _, c := range name {
		if !letter(c) && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return len(name) > 0
}

func letter(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
