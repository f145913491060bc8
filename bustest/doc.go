// Package bustest is the contract of [belfry.Bus] as a suite: every implementation passes it, for one node alone and for
// several that hear each other.
//
// The contract lets rings be lost, doubled and swapped. The suite asks more of a bus in good health: that a ring arrives on every
// node, whole, within ten seconds.
package bustest
