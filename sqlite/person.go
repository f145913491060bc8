package sqlite

import (
	"encoding/json"

	"github.com/belfryhq/belfry"
)

// A person is a row of users.
type person struct {
	uid            int64 // 0: not stored, and nothing belongs to them
	user           belfry.User
	seq, pruned    int64
	own            belfry.Counts // with what expired but was not removed, and what is being cleared; see tally
	due            int64         // nothing of theirs expires before; 0: nothing does
	preferences    string        // JSON; empty: none
	prefs          belfry.Preferences
	prefsBroadcast int64
	mutes          bool // some category in_app

	stored, dirty, profile, erased bool // the writer's: has a row; must be written, with all columns; is gone
}

// standingColumns are what the inbox asks of a person. The rest is left out of the most frequent of all reads, of which each
// column costs a fortieth.
const standingColumns = `u.uid, u.seq, u.pruned_seq, u.unread, u.unseen, u.due, u.preferences, u.prefs_broadcast`

// newPerson returns somebody of whom nothing is stored.
func newPerson(user string) *person { return &person{user: belfry.User{ID: user}} }

// begin lets the log of somebody new begin after the logs that were erased. A negative pruned says that nothing of this
// log was removed yet, and where it began.
func (p *person) begin(floor int64) { p.seq, p.pruned = floor, -floor }

// lost reports whether a place in the person's log cannot be continued. The place 0 is before everything: whoever is
// there has nothing of the person's, and goes on as long as nothing was removed.
func (p *person) lost(seq, floor int64) bool {
	switch {
	case p.uid == 0:
		return seq > 0 && seq < floor
	case p.pruned < 0:
		return seq > 0 && seq < -p.pruned
	default:
		return seq < p.pruned
	}
}

// scanStanding reads standingColumns from the column i on.
func scanStanding(r row, i int, user string) (p *person, err error) {
	p = newPerson(user)
	p.uid, p.seq, p.pruned, p.own = r.int(i), r.int(i+1), r.int(i+2), belfry.Counts{Unread: r.int(i + 3), Unseen: r.int(i + 4)}
	p.due, p.preferences, p.prefsBroadcast, p.stored = r.int(i+5), r.text(i+6), r.int(i+7), true
	p.prefs, err = parsePreferences(p.preferences)
	p.mutes = p.prefs.Mutes(belfry.InApp)
	return p, err
}

// findPerson returns nil for somebody of whom nothing is stored.
func findPerson(c *conn, user string) (p *person, err error) {
	err = c.query(func(r row) (err error) {
		p, err = scanStanding(r, 0, user)
		p.user.Email, p.user.Name, p.user.Locale, p.user.Timezone = r.text(8), r.text(9), r.text(10), r.text(11)
		if !r.null(12) {
			p.user.Data = json.RawMessage(r.text(12))
		}
		return err
	}, `SELECT `+standingColumns+`, u.email, u.name, u.locale, u.timezone, u.data FROM users u WHERE u.user_id=?`, user)
	return p, err
}

// look returns the head and a person but for their profile, of one moment, in one statement: it is what every answer begins
// with.
func look(c *conn, user string) (h head, p *person, err error) {
	err = behold(c, user, func(head head, person *person) error {
		h, p = head, person
		return nil
	})
	return h, p, err
}

// behold looks, and calls read while the statement is open: SQLite keeps a snapshot until the last statement under way has
// ended, so what read asks is of the same moment. A transaction would cost as much again as the statement.
func behold(c *conn, user string, read func(head, *person) error) error {
	return c.query(func(r row) error {
		if r.null(6) {
			return read(scanHead(r, 0), newPerson(user))
		}
		p, err := scanStanding(r, 6, user)
		if err != nil {
			return err
		}
		return read(scanHead(r, 0), p)
	}, `SELECT m.bseq, m.bpruned, m.shared, m.clearing, m.floor, m.due, `+standingColumns+`
		FROM meta m LEFT JOIN users u ON u.user_id=?`, user)
}

// people remembers the persons that the writer touched last: at least half of maxPeople, at most all, without the
// bookkeeping of an exact order.
type people struct{ young, old map[string]*person }

// maxPeople takes some 10 MB at its fullest, as people are; none is heavy.
const maxPeople = 1 << 14

func newPeople() people { return people{young: map[string]*person{}} }

func (c *people) get(user string) *person {
	p := c.young[user]
	if p == nil {
		if p = c.old[user]; p != nil {
			c.young[user] = p
		}
	}
	return p
}

func (c *people) put(p *person) { c.young[p.user.ID] = p }

// heavy reports whether a person is too big to be remembered: as many as maxPeople could be.
func (p *person) heavy() bool { return len(p.preferences)+len(p.user.Data) > 4096 }

func (c *people) forget(user string) {
	delete(c.young, user)
	delete(c.old, user)
}

// turn drops those not touched for long; only between transactions, when none is unwritten.
func (c *people) turn() {
	if len(c.young) >= maxPeople/2 {
		c.old, c.young = c.young, map[string]*person{}
	}
}
