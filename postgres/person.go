package postgres

import (
	"context"
	"encoding/json"
	"fmt"

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

	fresh, dirty bool          // of a transaction: made in it; must be written
	off          belfry.Counts // what corrects own, at the moment offAt; see tx.ownPart
	offAt        int64
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

func scanPerson(r row) (*person, error) {
	p := &person{
		uid: r.int(0), seq: r.int(2), pruned: r.int(3), own: belfry.Counts{Unread: r.int(4), Unseen: r.int(5)},
		due: r.int(6), preferences: r.text(7), prefsBroadcast: r.int(8),
		user: belfry.User{ID: r.text(1), Email: r.text(9), Name: r.text(10), Locale: r.text(11), Timezone: r.text(12)},
	}
	if !r.null(13) {
		p.user.Data = json.RawMessage(r.text(13))
	}
	var err error
	if p.prefs, err = parsePreferences(p.preferences); err != nil {
		return nil, fmt.Errorf("read stored preferences: %w", err)
	}
	p.mutes = p.prefs.Mutes(belfry.InApp)
	return p, nil
}

// findPerson returns nil for somebody of whom nothing is stored.
func findPerson(ctx context.Context, l *link, user string) (p *person, err error) {
	err = l.query(ctx, func(r row) (err error) {
		p, err = scanPerson(r)
		return err
	}, `SELECT `+personColumns+` FROM belfry.users u WHERE u.user_id=$1`, user)
	return p, err
}

// look returns the head and a person, of one moment, in one statement: it is what every answer begins with.
func look(ctx context.Context, l *link, user string) (h head, p *person, err error) {
	err = l.query(ctx, func(r row) (err error) {
		h = scanHead(r)
		if r.null(headWidth) {
			p = newPerson(user)
			return nil
		}
		p, err = scanPerson(r[headWidth:])
		return err
	}, `SELECT `+headColumns+`, `+personColumns+` FROM belfry.meta m LEFT JOIN belfry.users u ON u.user_id=$1`, user)
	return h, p, err
}
