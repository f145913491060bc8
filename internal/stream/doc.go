// Package stream shows people their inbox live: it is the SSE engine, a hub of topics (one for each connected person)
// and of connections, which are cursors.
//
// What it promises:
//
//   - A connection is given every entry of its person's log after its cursor exactly once and in order, each frame with
//     the cursor after it as its id. Rings may be lost, doubled and swapped: a hole in the numbers that is not filled
//     within 50 ms is read from the store.
//   - A connection holds a position, not a queue. Frames are encoded once, shared by all who need them, and dropped when
//     all of the person's connections have them; whoever falls behind what is kept reads the store from its position.
//   - A reader that is slow delays nobody, costs no memory that grows, and is cut off when a write takes longer than
//     20 seconds; with its last id it continues where it was. So is a peer that has vanished without a word, when the kernel
//     says that a heartbeat was not acknowledged for 20 seconds; of a portable stream it says so after a quarter of an hour.
//   - Where there are [Others], status, close and the cap of a person concern their streams on all nodes (across.go, admit.go).
//   - [Hub.Close] tells every stream, each with its own retry, and returns when all handlers have.
//
// Inside, what a connection is due (step.go, learn.go) is apart from how it is written. A transport is woken, asks its
// connection for its next step, writes the bytes, and reads the store when the step says so; the core never blocks, never
// writes and never starts a goroutine for a connection. There are two. What can be parked (parked_linux.go: HTTP/1 without TLS)
// leaves net/http and is a socket in a loop (loop_linux.go), which writes without blocking, keeps a little of what a socket
// does not take (write_linux.go), hears from a poller who left, knows times from a wheel, and has a desk read the store.
// Everything else (portable.go, raw.go) has a goroutine and write deadlines. A topic outlives its last connection for a while
// (linger.go), so that coming back costs no read.
//
// Safe for use by several goroutines at once.
package stream
