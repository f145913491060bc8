//go:build !linux

package load

import (
	"net"
	"net/url"
)

func newPolled(addr *net.TCPAddr, a *audience) (crowd, error) {
	return newDialed(&Target{URL: &url.URL{Scheme: "http", Host: addr.String()}}, a), nil
}
