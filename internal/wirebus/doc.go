// Package wirebus is what the implementations of [belfry.Bus] have in common: the listeners of one node, and, for those
// between processes, rings as bytes, several to a message, and what nodes tell each other ([belfry.Peers]).
//
// The form is for nodes of one cluster, which may be of two versions while they are updated: a reader passes over a
// message of a version that it does not know, which is a lost ring and no harm.
package wirebus
