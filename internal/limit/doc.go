// Package limit says how often one client may ask, and how many connections a stranger may hold.
//
// Everything here has a fixed size, whoever asks and however often: a [Table] is made once and forgets what tells least,
// and [Guests] closes the connection that has waited longest. Both are safe for use by several goroutines at once, start
// none, block on nothing and allocate nothing on the way of a request.
package limit
