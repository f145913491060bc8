//go:build unix

package proctest

import (
	"net"
	"testing"
)

// FreeAddress finds an address of the loopback interface, like "127.0.0.1:40123", for a program that cannot take any and say which. It was
// free a moment ago: nothing keeps it for the program.
func FreeAddress(t testing.TB) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String()
}
