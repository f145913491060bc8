package load

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// use asks the kernel. What has ended meanwhile counts as nothing.
func (p processes) use() usage {
	var u usage
	for _, pid := range p {
		threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
		for _, name := range threads { // the times in stat are in ticks of 10 ms
			var ns int64
			if b, err := os.ReadFile(name); err == nil {
				_, _ = fmt.Sscan(string(b), &ns)
			}
			u.cpu += time.Duration(ns)
		}
		b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		for line := range strings.Lines(string(b)) {
			if f := strings.Fields(line); len(f) > 1 && f[0] == "Pss:" {
				kib, _ := strconv.ParseInt(f[1], 10, 64)
				u.resident += kib << 10
			}
		}
	}
	return u
}

// serverOf finds the processes that listen where a URL of this machine leads.
func serverOf(target *url.URL) processes {
	addr, err := net.ResolveTCPAddr("tcp", hostPort(target))
	if err != nil || !addr.IP.IsLoopback() {
		return nil
	}
	var sockets []string
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		b, _ := os.ReadFile(table) // there may be no IPv6
		for line := range strings.Lines(string(b)) {
			if inode, ok := listener(line, addr); ok {
				sockets = append(sockets, "socket:["+inode+"]")
			}
		}
	}
	var found processes
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, link := range links {
		if name, err := os.Readlink(link); err == nil && slices.Contains(sockets, name) {
			pid, _ := strconv.Atoi(strings.Split(link, "/")[2])
			if !slices.Contains(found, pid) {
				found = append(found, pid)
			}
		}
	}
	return found
}

// listener reads a line of /proc/net/tcp: number, local address, remote address, state (0A listens), … the inode is the tenth.
func listener(line string, addr *net.TCPAddr) (inode string, ok bool) {
	f := strings.Fields(line)
	if len(f) < 10 || f[3] != "0A" {
		return "", false
	}
	host, port, _ := strings.Cut(f[1], ":")
	raw, err := hex.DecodeString(host)
	if n, e := strconv.ParseUint(port, 16, 16); err != nil || e != nil || int(n) != addr.Port || len(raw)%4 != 0 {
		return "", false
	}
	for i := 0; i < len(raw); i += 4 { // the words are in the byte order of the machine
		binary.BigEndian.PutUint32(raw[i:], binary.NativeEndian.Uint32(raw[i:]))
	}
	ip := net.IP(raw)
	return f[9], ip.IsUnspecified() || ip.Equal(addr.IP)
}
