package stream

import (
	"context"

	"github.com/belfryhq/belfry"
)

// A person's cap is theirs on all nodes together. The first stream on a node is admitted without a word, for most people
// have no second there. Before every further one the other nodes are asked how many they have; one at a time for each person,
// so that whoever is asked knows of all but the one that is being admitted. So a person may come to have one stream too many
// for each other node: its first, or one that was admitted there at the same moment. A share of the cap for each node would
// let a node that went beyond its own, while the others had none, be joined by all that the others admit unasked.
//
// Where the cap is less than the nodes, the first is asked for too.

// join registers a connection, or says why it may not be. From then on it is woken by every ring: it joins live, and reads
// the history afterwards. It may wait for other nodes, as long as Others says.
func (h *Hub) join(ctx context.Context, c *conn, q *Request, by transport) belfry.CloseReason {
	if !h.reserve() {
		return belfry.CloseLimit
	}
	others := 0
	if h.cfg.Others != nil && h.cfg.MaxPerUser > 0 {
		others = h.cfg.Others.Others()
	}
	why, unasked := h.register(c, q, by, admission{others: others})
	if unasked {
		leave := h.admitting.take(q.User)
		why, _ = h.register(c, q, by, admission{asked: true, elsewhere: h.elsewhere(ctx, q.User)})
		leave()
	}
	if why != "" {
		h.release()
		return why
	}
	// Only now does a hang-up find it: what it has missed since its credential was looked at is made up for.
	if why = h.hungUp.since(q.Mark, q.User); why != "" {
		h.leave(c)
	}
	return why
}

// An admission is what is known of a person's streams on other nodes.
type admission struct {
	others    int // nodes
	asked     bool
	elsewhere int // streams, when they were asked
}

// refuses reports whether a person who has so many streams on this node may not have one more; or unasked: that is not known
// before the others are asked.
func (a admission) refuses(here, limit int) (refused, unasked bool) {
	refused = limit > 0 && here+a.elsewhere >= limit
	unasked = limit > 0 && !refused && !a.asked && a.others > 0 && (here > 0 || limit <= a.others)
	return refused, unasked
}
