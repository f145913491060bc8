package crashtest_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// A wire is a network namespace for one process, with two links to the host: by the front its clients come, by the back it
// goes to the database, to NATS and to the mail server.
type wire struct {
	space       string
	front, back link
}

// A link is a pair of virtual network devices, one at the host, one in the namespace.
type link struct {
	space         string
	hostDev, dev  string
	hostAddr, own string
}

// newWire makes a namespace, which needs root. Where that cannot be, the test fails: it says nothing by being left out.
func newWire(t *testing.T) *wire {
	t.Helper()
	pid := os.Getpid()
	w := &wire{space: fmt.Sprintf("belfry-%d", pid)}
	// 198.18.0.0/15 is set aside for tests of networks (RFC 2544). Runs beside each other have networks of their own, by their number.
	for i, l := range []*link{&w.front, &w.back} {
		n := (2*pid + i) % (1 << 15) * 4
		net := fmt.Sprintf("198.%d.%d.", 18+n>>16, n>>8&0xff)
		*l = link{w.space, fmt.Sprintf("bf%dh%d", pid, i), fmt.Sprintf("bf%dn%d", pid, i), net + fmt.Sprint(n&0xff+1), net + fmt.Sprint(n&0xff+2)}
	}
	if out, err := exec.Command("ip", "netns", "add", w.space).CombinedOutput(); err != nil {
		t.Fatalf("this test cuts a process off by a network namespace, and none can be made here: %v: %s\nIt wants Linux, the program ip (Debian: iproute2; .ci/setup installs it), and root with CAP_NET_ADMIN and CAP_SYS_ADMIN: run the tests as root, or with `sudo -E`.", err, out)
	}
	t.Cleanup(func() { ip(t, "netns", "del", w.space) }) // and with it the links
	ip(t, "-n", w.space, "link", "set", "lo", "up")
	for _, l := range []*link{&w.front, &w.back} {
		ip(t, "link", "add", l.hostDev, "type", "veth", "peer", "name", l.dev, "netns", l.space)
		ip(t, "addr", "add", l.hostAddr+"/30", "dev", l.hostDev)
		ip(t, "link", "set", l.hostDev, "up")
		ip(t, "-n", l.space, "addr", "add", l.own+"/30", "dev", l.dev)
		ip(t, "-n", l.space, "link", "set", l.dev, "up")
	}
	return w
}

// within are the words that run a program in the namespace.
func (w *wire) within() []string { return []string{"ip", "netns", "exec", w.space} }

// nowhere is the hardware address of nobody.
const nowhere = "02:00:00:00:00:01"

// cut has what is sent either way vanish: each side believes that the other has another hardware address. A device that is down would
// be noticed by the side that it belongs to, which is not how a network breaks in the middle.
func (l *link) cut(t testing.TB) {
	t.Helper()
	ip(t, "neigh", "replace", l.own, "lladdr", nowhere, "dev", l.hostDev, "nud", "permanent")
	ip(t, "-n", l.space, "neigh", "replace", l.hostAddr, "lladdr", nowhere, "dev", l.dev, "nud", "permanent")
}

// mend undoes cut.
func (l *link) mend(t testing.TB) {
	t.Helper()
	ip(t, "neigh", "del", l.own, "dev", l.hostDev)
	ip(t, "-n", l.space, "neigh", "del", l.hostAddr, "dev", l.dev)
}

func ip(t testing.TB, words ...string) {
	t.Helper()
	if out, err := exec.Command("ip", words...).CombinedOutput(); err != nil {
		t.Errorf("ip %s: %v: %s", strings.Join(words, " "), err, out)
	}
}
