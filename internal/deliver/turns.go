package deliver

import "github.com/belfryhq/belfry"

// bulkEvery: while other mail waits, one mail in so many is bulk.
const bulkEvery = 8

// turns say which class goes first. Only the loop uses them.
type turns struct {
	others int // mails of other classes claimed since bulk had its turn
}

// order returns the classes, first the one to look at first. Bulk stands last until seven others have gone since its last turn:
// so it overtakes nobody when a single urgent mail comes into a backlog of it, and is never starved by a stream of
// others.
func (t *turns) order() []belfry.MailClass {
	if t.others >= bulkEvery-1 {
		return []belfry.MailClass{belfry.Bulk, belfry.Urgent, belfry.Transactional}
	}
	return []belfry.MailClass{belfry.Urgent, belfry.Transactional, belfry.Bulk}
}

// limit bounds a claim, so that bulk's turn comes in time.
func (t *turns) limit(free int) int {
	if t.others >= bulkEvery-1 {
		return 1
	}
	return min(free, bulkEvery-1-t.others)
}

// took notes what a claim by order brought.
func (t *turns) took(order []belfry.MailClass, mails []belfry.Mail) {
	if order[0] == belfry.Bulk {
		t.others = 0 // it had its turn, even if it had no mail
		return
	}
	for i := range mails {
		if mails[i].Plan.Class == belfry.Bulk {
			t.others = 0
		} else {
			t.others++
		}
	}
}
