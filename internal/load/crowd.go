package load

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"time"
)

// A crowd holds the client's ends of all streams, and gives what they bring to an [audience].
type crowd interface {
	// open connects and writes a request. It is called for one stream after the other.
	open(ctx context.Context, stream int, request []byte) error
	// close hangs up all streams, and returns when nothing runs any more.
	close()
}

// connectTimeout bounds one connect; on loopback it is a moment.
const connectTimeout = 10 * time.Second

// gather returns the crowd for a server: the one that costs least where it can be used.
func gather(t *Target, a *audience) (crowd, error) {
	var addrs []*net.TCPAddr
	for _, node := range t.nodes() {
		if node.Scheme != "http" {
			return newDialed(t, a), nil
		}
		addr, err := net.ResolveTCPAddr("tcp", hostPort(node))
		if err != nil {
			return nil, fmt.Errorf("find %s: %w", node.Host, err)
		}
		addrs = append(addrs, addr)
	}
	return newPolled(addrs, a)
}

// hostPort is where a URL leads.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}
