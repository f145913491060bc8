package limit_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/belfryhq/belfry/internal/limit"
)

func proxies() limit.Proxies {
	return limit.Proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("2001:db8:aaaa::/48")}
}

func TestSource(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		peer  string
		lines []string
		want  string
		crowd bool
	}{
		{"nobody between", "192.0.2.1:7", nil, "192.0.2.1", false},
		{"a stranger's word", "192.0.2.1:7", []string{"203.0.113.9"}, "192.0.2.1", false},
		{"a proxy that says nothing", "10.1.1.1:7", nil, "10.1.1.1", false},
		{"one proxy", "10.1.1.1:7", []string{"203.0.113.9"}, "203.0.113.9", false},
		{"a client that lies", "10.1.1.1:7", []string{"1.2.3.4, 203.0.113.9"}, "203.0.113.9", false},
		{"a client that names a proxy", "10.1.1.1:7", []string{"10.9.9.9, 203.0.113.9"}, "203.0.113.9", false},
		{"two proxies", "127.0.0.1:7", []string{"203.0.113.9, 10.1.1.1"}, "203.0.113.9", false},
		{"two lines", "127.0.0.1:7", []string{"1.2.3.4, 203.0.113.9", " 10.1.1.1 "}, "203.0.113.9", false},
		{"proxies alone", "10.1.1.1:7", []string{"10.3.3.3, 10.2.2.2"}, "10.3.3.3", false},
		{"no address", "10.1.1.1:7", []string{"203.0.113.9, unknown"}, "10.1.1.1", false},
		{"an empty entry", "10.1.1.1:7", []string{"203.0.113.9,"}, "10.1.1.1", false},
		{"an entry too long", "10.1.1.1:7", []string{"203.0.113.9, " + strings.Repeat("1", 65)}, "10.1.1.1", false},
		{"no address behind a proxy", "127.0.0.1:7", []string{"203.0.113.9, x, 10.1.1.1"}, "10.1.1.1", false},
		{"with a port", "10.1.1.1:7", []string{"203.0.113.9:4711"}, "203.0.113.9", false},
		{"IPv6", "[2001:db8:aaaa::1]:7", []string{"2001:db8:1::5"}, "2001:db8:1::5", false},
		{"IPv6 in brackets, with a port", "10.1.1.1:7", []string{"[2001:db8:1::5]:4711"}, "2001:db8:1::5", false},
		{"IPv6 in brackets", "10.1.1.1:7", []string{"[2001:db8:1::5]"}, "2001:db8:1::5", false},
		{"IPv4 in IPv6", "[::ffff:10.1.1.1]:7", []string{"::ffff:203.0.113.9"}, "203.0.113.9", false},
		{"a zone", "[fe80::1%eth0]:7", nil, "fe80::1", false},
		{"an endless chain", "10.1.1.1:7", []string{"203.0.113.9" + strings.Repeat(", 10.1.1.1", 20)}, "10.1.1.1", false},
		{"a proxy nobody named", "192.168.0.1:7", []string{"203.0.113.9"}, "192.168.0.1", true},
		{"one on this machine", "[::1]:7", []string{""}, "::1", true},
		{"this machine itself", "[::1]:7", nil, "::1", false},
		{"no peer", "@", nil, "", true},
	} {
		r := &http.Request{RemoteAddr: c.peer, Header: http.Header{}}
		if c.lines != nil {
			r.Header["X-Forwarded-For"] = c.lines
		}
		got := proxies().Source(r)
		if addr := strings.TrimPrefix(got.Addr.String(), "invalid IP"); addr != c.want || got.Crowd != c.crowd {
			t.Errorf("%s: got %s, crowd %v; want %s, %v", c.name, addr, got.Crowd, c.want, c.crowd)
		}
	}
	r := &http.Request{RemoteAddr: "10.1.1.1:7", Header: http.Header{"Forwarded": {"for=203.0.113.9"}}}
	if got := proxies().Source(r); got.Addr.String() != "10.1.1.1" {
		t.Errorf("Forwarded: got %v; it is not to be looked at", got)
	}
}

// Whatever stands in X-Forwarded-For: without a proxy it counts for nothing, and behind one nothing left of the last
// entry that is not a proxy's does.
func FuzzSource(f *testing.F) {
	for _, s := range []string{"", "1.2.3.4", "1.2.3.4, 10.0.0.1", "[::1]:5,,", "unknown, \x00", "::ffff:10.0.0.1%eth0", strings.Repeat(",", 50)} {
		f.Add(s, "198.51.100.1")
	}
	f.Fuzz(func(t *testing.T, written, client string) {
		header := func(line string) http.Header { return http.Header{"X-Forwarded-For": {line}} }
		if got := proxies().Source(&http.Request{RemoteAddr: "192.0.2.1:1", Header: header(written)}); got.Addr.String() != "192.0.2.1" || got.Crowd {
			t.Errorf("without a proxy: got %+v", got)
		}
		addr, err := netip.ParseAddr(client)
		if err != nil || addr.Zone() != "" || proxies().Trusts(addr.Unmap()) {
			return
		}
		if got := proxies().Source(&http.Request{RemoteAddr: "10.0.0.1:1", Header: header(written + ", " + client)}); got.Addr != addr.Unmap() {
			t.Errorf("behind a proxy: got %v, want %v", got.Addr, addr)
		}
	})
}
