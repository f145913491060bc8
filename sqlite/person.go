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

const personColumns = `u.uid, u.user_id, u.seq, u.pruned_seq, u.unread, u.unseen, u.due, u.preferences,
	u.prefs_broadcast, u.email, u.name, u.locale, u.timezone, u.data`

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

func scanPerson(r row, i int) (*person, error) {
	p := &person{
		uid: r.int(i), seq: r.int(i + 2), pruned: r.int(i + 3), own: belfry.Counts{Unread: r.int(i + 4), Unseen: r.int(i + 5)},
		due: r.int(i + 6), preferences: r.text(i + 7), prefsBroadcast: r.int(i + 8), stored: true,
		user: belfry.User{ID: r.text(i + 1), Email: r.text(i + 9), Name: r.text(i + 10), Locale: r.text(i + 11), Timezone: r.text(i + 12)},
	}
	if !r.null(i + 13) {
		p.user.Data = json.RawMessage(r.text(i + 13))
	}
	var err error
	p.prefs, err = parsePreferences(p.preferences)
	p.mutes = p.prefs.Mutes(belfry.InApp)
	return p, err
}

// findPerson returns nil for somebody of whom nothing is stored.
func findPerson(c *conn, user string) (p *person, err error) {
	err = c.query(func(r row) (err error) {
		p, err = scanPerson(r, 0)
		return err
	}, `SELECT `+personColumns+` FROM users u WHERE u.user_id=?`, user)
	return p, err
}

// look returns the head and a person, of one moment, in one statement: it is what every answer begins with.
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
		p, err := scanPerson(r, 6)
		if err != nil {
			return err
		}
		return read(scanHead(r, 0), p)
	}, `SELECT m.bseq, m.bpruned, m.shared, m.clearing, m.floor, m.due, `+personColumns+`
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
