package postgres

import "context"

// A head is the one row of meta: what all people share.
type head struct {
	version                                int64
	bseq, bpruned, shared, clearing, floor int64
	due                                    int64 // no broadcast expires before; 0: none does
}

const headColumns = `m.version, m.bseq, m.bpruned, m.shared, m.clearing, m.floor, m.due`

const headWidth = 7 // how many columns these are

func scanHead(r row) head {
	return head{r.int(0), r.int(1), r.int(2), r.int(3), r.int(4), r.int(5), r.int(6)}
}

// look reads the head as it is at this statement, for a change that does not concern it. One that is locked stays as the
// transaction made it.
func (t *tx) look(ctx context.Context) error {
	if t.locked {
		return t.flush(ctx)
	}
	return t.query(ctx, t.setHead, `SELECT `+headColumns+` FROM belfry.meta m`)
}

// lockHead keeps the head as it is until the commit; it is the last lock that a transaction takes. The people whom the
// transaction has changed are written before, so that others wait for little more than the commit.
func (t *tx) lockHead(ctx context.Context) error {
	t.save()
	t.locked = true
	return t.query(ctx, t.setHead, `SELECT `+headColumns+` FROM belfry.meta m FOR UPDATE`)
}

func (t *tx) setHead(r row) error {
	t.head = scanHead(r)
	return nil
}

// saveHead writes a head that was locked.
func (t *tx) saveHead() {
	h := t.head
	t.queue(`UPDATE belfry.meta SET version=version+1, bseq=$1, bpruned=$2, shared=$3, clearing=$4, floor=$5, due=$6`,
		h.bseq, h.bpruned, h.shared, h.clearing, h.floor, orNull(h.due))
}

// sooner returns the earlier of two dues, of which 0 is never.
func sooner(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}
