// Package peers knows which other nodes of the cluster there are, and asks them.
//
// Nodes say every few seconds that they are there, and goodbye when they go; nothing is stored. A question goes to all at
// once, and its answers are waited for as long as nodes are known that have not answered, but never longer than a quarter of a
// second: so in good health it takes one way there and back, and nobody waits twice for a node that hangs.
//
// What an answer leaves out is said: it is not whole when a node that is known did not answer in time, when one has
// vanished without a goodbye lately, or when the bus does not take the question. A node that the bus has cut off for longer
// than that is not known to anybody, and is not missed.
//
// Safe for use by several goroutines at once.
package peers
