// Package bustest is the contract of [belfry.Bus] as a suite: every implementation passes it, for one node alone and for
// several that hear each other. [RunPeers] and [RunOutage] test what not every bus has: messages between nodes, and a server that
// carries the rings and can be away.
//
// The contract lets rings be lost, doubled and swapped. The suite asks more of a bus in good health: that a ring arrives on every
// node, whole, within ten seconds.
package bustest
