//go:build !linux

package load

import (
	"net"
	"net/url"
)

func newPolled(addrs []*net.TCPAddr, a *audience) (crowd, error) {
	t := &Target{}
	for _, addr := range addrs {
		t.More = append(t.More, &url.URL{Scheme: "http", Host: addr.String()})
	}
	t.URL, t.More = t.More[0], t.More[1:]
	return newDialed(t, a), nil
}
