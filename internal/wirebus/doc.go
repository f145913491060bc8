// Package wirebus is what every [belfry.Bus] between processes needs: rings as bytes, several to a message, what nodes tell each
// other ([belfry.Peers]), and the listeners of one node.
//
// The form is for nodes of one cluster, which may be of two versions while they are updated: a reader passes over a
// message of a version that it does not know, which is a lost ring and no harm.
package wirebus
