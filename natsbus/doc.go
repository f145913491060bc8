// Package natsbus is the [belfry.Bus] of several nodes on NATS.
//
// What it promises beyond the interface:
//
//   - The listeners of the ringing node itself are called before Ring returns, whether NATS is there or not.
//   - The subject carries the store's epoch: two clusters on one NATS do not hear each other.
//   - A connection that breaks is made again for as long as it takes. Rings of that time wait, up to some megabytes. Then
//     every listener is told to ask the store, and so are those of other nodes for which rings had to be dropped.
//
// A [Bus] is a [belfry.Peers] too: by one subject for all nodes and one for each, in no order between the two.
//
// Every node hears every ring, by one subscription to one subject. A subject for each person costs the node a goroutine
// and memory for each of them, and a fixed number of subjects that people are spread over saves nothing: as soon as a node
// has more people than there are such subjects, it listens to nearly all of them.
package natsbus
