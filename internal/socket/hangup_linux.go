package socket

import "golang.org/x/sys/unix"

// HangUp closes a socket that does not block. What was written before reaches the peer: its end is sent first, and what the
// peer has said meanwhile is read, because closing with unread input would reset the connection and could destroy the last
// words on their way. It does not wait: a peer that goes on talking (past 32 KiB) is reset.
func HangUp(fd int) {
	_ = unix.Shutdown(fd, unix.SHUT_WR) // whoever is gone need not be told
	var waste [512]byte
	for range 64 {
		if n, err := unix.Read(fd, waste[:]); n <= 0 || err != nil {
			break
		}
	}
	_ = unix.Close(fd) // nothing is lost with a socket that cannot be closed
}
