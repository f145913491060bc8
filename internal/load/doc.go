// Package load puts a server under load and says what that cost: it opens thousands of streams from one process, sends,
// checks every delivery, and reads the server's processor time and resident memory from the operating system.
//
// Every payload is stamped with the sender's lane, a number in it, and the time. A stream must get the numbers of each lane one after
// another: what is missing in the end is lost, what comes again is doubled, what comes late is disordered. A [Report] in which
// any of these is not zero is no measurement ([Report.Sound]).
//
// The figures are processor time (user and system, of all threads of the server) and proportional resident memory, so that two servers
// measured one after the other can be compared on a machine with other work to do. They are known on Linux, for a server on this machine whose
// process this user may look at; elsewhere a Report has no [Cost].
//
// On Linux one thread with epoll holds all streams; for https, and on other systems, a goroutine holds each.
package load
