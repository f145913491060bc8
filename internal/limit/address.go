package limit

import (
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the networks whose machines are believed when they say for whom they ask.
type Proxies []netip.Prefix

// A Source is where a request comes from.
type Source struct {
	Addr netip.Addr // of the client; invalid: it is not known

	// Crowd says that the address is that of a proxy which nobody told us to believe, on this machine or in a private
	// network: any number of people may stand behind it, so that no bound by address would be just. A client that is
	// reached directly over the internet has no such address, and cannot become a crowd by a header.
	Crowd bool
}

// Trusts reports whether a machine is one of the proxies.
func (p Proxies) Trusts(a netip.Addr) bool {
	for i := range p {
		if p[i].Contains(a) {
			return true
		}
	}
	return false
}

// maxHops bounds how many addresses of X-Forwarded-For are looked at, from the right: no real chain is longer, and a
// stranger writes its left part.
const maxHops = 16

// Source tells where a request comes from: from whoever connected, or, when that is one of the proxies, from the last
// address of X-Forwarded-For that is not. What stands left of it, its author could have made up. An entry that is no
// address ends the search: nothing beyond it was written by somebody who is believed.
//
// Forwarded (RFC 7239) is not looked at: the common proxies neither write it nor take away what a client wrote there.
func (p Proxies) Source(r *http.Request) Source {
	port, err := netip.ParseAddrPort(r.RemoteAddr) // as net/http writes it
	if err != nil {
		return Source{Crowd: true}
	}
	peer := plain(port.Addr())
	if !p.Trusts(peer) {
		return Source{Addr: peer, Crowd: private(peer) && forwarded(r.Header)}
	}
	client := peer
	hops := 0
	lines := r.Header["X-Forwarded-For"]
	for i := len(lines) - 1; i >= 0; i-- {
		for rest := lines[i]; rest != ""; hops++ {
			comma := strings.LastIndexByte(rest, ',')
			entry := rest[comma+1:]
			rest = rest[:max(comma, 0)]
			a, ok := parseAddr(strings.TrimSpace(entry))
			if !ok || hops == maxHops {
				return Source{Addr: client}
			}
			if client = a; !p.Trusts(a) {
				return Source{Addr: client}
			}
		}
	}
	return Source{Addr: client}
}

// forwarded reports whether a proxy seems to have had the request in its hands.
func forwarded(h http.Header) bool {
	return len(h["X-Forwarded-For"]) > 0 || len(h["Forwarded"]) > 0 || len(h["Via"]) > 0 || len(h["X-Real-Ip"]) > 0
}

func private(a netip.Addr) bool { return a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast() }

// parseAddr reads an address as proxies write it: with a port or without, an IPv6 one in brackets or bare.
func parseAddr(s string) (netip.Addr, bool) {
	if len(s) > 64 { // the longest has 47, a zone and a port included
		return netip.Addr{}, false
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		if bare, ok := strings.CutPrefix(s, "["); ok && strings.HasSuffix(bare, "]") {
			a, err = netip.ParseAddr(bare[:len(bare)-1])
		} else {
			var port netip.AddrPort
			port, err = netip.ParseAddrPort(s)
			a = port.Addr()
		}
	}
	return plain(a), err == nil
}

// plain gives an address the one form in which it is compared.
func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }
