package belfry

// Peers is a power of a [Bus] that reaches other nodes: they tell each other what is no ring. It carries bytes and does not
// look into them. A message may be lost, doubled, swapped or late, and is never kept for a node that is away: nothing that must
// survive goes this way.
//
// Safe for use by several goroutines at once.
type Peers interface {
	// Node names this node to the others. It is another one each time a bus is opened.
	Node() string

	// Tell sends a message of at most MaxPeerMessage bytes to one node, or to all others when to is empty. It does not
	// wait for them. An error means that it was not sent.
	Tell(to string, message []byte) error

	// Hear has fn called for each message that is told to this node, with the name of the one who told it, until stop is
	// called. A node does not hear itself. When stop returns, fn is not running and will not be called again. fn must not
	// block, nor call stop; it may Tell, and may be called by several goroutines at once. The bytes are fn's to keep.
	Hear(fn func(from string, message []byte)) (stop func(), err error)
}

// MaxPeerMessage is how many bytes a message between nodes may have: what one NOTIFY of PostgreSQL holds, which is the
// narrowest way there is, after base64.
const MaxPeerMessage = 5 << 10
