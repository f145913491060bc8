package door_test

import (
	"bufio"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/belfryhq/belfry/internal/door"
)

// A single is a listener for one connection.
type single struct {
	conn net.Conn
	once sync.Once
	done chan struct{}
}

func (s *single) Accept() (c net.Conn, err error) {
	s.once.Do(func() { c = s.conn })
	if c != nil {
		return c, nil
	}
	<-s.done
	return nil, net.ErrClosed
}

func (s *single) Close() error   { return nil }
func (s *single) Addr() net.Addr { return &net.TCPAddr{} }

// byServer has net/http's own server read a head, and returns what its handler saw; nil: it refused.
func byServer(t *testing.T, head []byte) (seen *http.Request) {
	t.Helper()
	near, far := net.Pipe()
	web := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r })} //nolint:gosec // it reads from memory
	web.SetKeepAlivesEnabled(false)
	l := &single{conn: far, done: make(chan struct{})}
	var serving sync.WaitGroup
	serving.Go(func() { _ = web.Serve(l) })
	serving.Go(func() { _, _ = near.Write(head) })
	if answer, err := http.ReadResponse(bufio.NewReader(near), nil); err == nil {
		_ = answer.Body.Close()
	}
	_ = near.Close()
	close(l.done)
	serving.Wait()
	return seen
}

// FuzzHead: whatever is answered directly, net/http's server would have taken for a GET of the path with the same fields and
// no body.
func FuzzHead(f *testing.F) {
	for _, s := range []string{
		get + "Host: x\r\n\r\n", get + "host: [::1]:80\r\nA: b\r\nA:c\r\n\r\n", "GET " + path + "?a=b HTTP/1.1\r\nHost: x\r\nCookie: a\r\n\r\n",
		get + "Host: x\r\nHost: y\r\n\r\n", get + "Host: x\r\nContent-Length: 0\r\n\r\n", get + "Host: x\r\nTransfer-Encoding: chunked\r\n\r\n",
		get + "Host: x\r\nA : b\r\n\r\n", get + "Host: x\r\n A: b\r\n\r\n", get + "Host: x\r\nA: \xff\r\n\r\n", get + "Host: x\r\nTrailer: A\r\n\r\n",
		get + "Host: x\r\nConnection: close\r\nPragma: no-cache\r\n\r\n", get + "Host: x\x7f\r\n\r\n", "GET " + path + "#? HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		got := door.Read(head, path)
		if got == nil {
			return
		}
		want := byServer(t, head)
		if want == nil {
			t.Fatalf("net/http refuses %q", head)
		}
		type view struct {
			Method, URI, Path, Query, Host, Proto string
			Header                                http.Header
			Length                                int64
			Encoding                              []string
		}
		of := func(r *http.Request) view {
			return view{r.Method, r.RequestURI, r.URL.Path, r.URL.RawQuery, r.Host, r.Proto, r.Header, r.ContentLength, r.TransferEncoding}
		}
		if diff := cmp.Diff(of(want), of(got)); diff != "" {
			t.Fatalf("%q (-net/http +door):\n%s", head, diff)
		}
		if got.Method != http.MethodGet || got.URL.Path != path && got.URL.Path != path+"/" {
			t.Fatalf("%q is answered as %s of %s", head, got.Method, got.URL.Path)
		}
	})
}
