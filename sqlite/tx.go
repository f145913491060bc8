package sqlite

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/belfryhq/belfry"
)

// A tx is the writer's connection and what it knows of the file's state in the transaction that is open. Its memory is
// right because nothing else writes what it remembers.
type tx struct {
	*conn
	head    head
	stored  head // head as it is committed
	people  people
	dirty   []*person
	lastUID int64
	lastKey int64 // of the ids given out
}

// A head is the one row of meta: what all people share.
type head struct {
	bseq, bpruned, shared, clearing, floor int64
	due                                    int64 // no broadcast expires before; 0: none does
}

const headColumns = `bseq, bpruned, shared, clearing, floor, due`

func scanHead(r row, i int) head {
	return head{r.int(i), r.int(i + 1), r.int(i + 2), r.int(i + 3), r.int(i + 4), r.int(i + 5)}
}

// newTx reads what the writer must know from the start.
func newTx(c *conn) (*tx, error) {
	t := &tx{conn: c, people: newPeople()}
	err := c.query(func(r row) error {
		t.head = scanHead(r, 0)
		return nil
	}, `SELECT `+headColumns+` FROM meta`)
	if err != nil {
		return nil, fmt.Errorf("read the head: %w", err)
	}
	t.stored = t.head
	if t.lastUID, err = c.number(`SELECT max(uid) FROM users`); err != nil {
		return nil, fmt.Errorf("read the last user: %w", err)
	}
	for _, table := range []string{"notifications", "broadcasts", "deliveries", "mails_sent"} {
		key, err := c.number(`SELECT max(key) FROM ` + table)
		if err != nil {
			return nil, fmt.Errorf("read the last of %s: %w", table, err)
		}
		t.lastKey = max(t.lastKey, key)
	}
	return t, nil
}

func (t *tx) begin() error {
	// A rollback that failed would leave its transaction open; this is its second chance.
	_, err := t.exec(`BEGIN IMMEDIATE`)
	if err != nil {
		t.rollback()
	}
	return err
}

// commit writes what the transaction changed in memory, and commits.
func (t *tx) commit() error {
	for _, p := range t.dirty {
		if err := t.save(p); err != nil {
			return err
		}
	}
	if h := t.head; h != t.stored {
		if _, err := t.exec(`UPDATE meta SET bseq=?, bpruned=?, shared=?, clearing=?, floor=?, due=?`,
			h.bseq, h.bpruned, h.shared, h.clearing, h.floor, numberOrNull(h.due)); err != nil {
			return err
		}
	}
	if _, err := t.exec(`COMMIT`); err != nil {
		return err
	}
	t.stored = t.head
	for _, p := range t.dirty {
		p.stored, p.dirty, p.profile = !p.erased, false, false
		if p.heavy() {
			t.people.forget(p.user.ID)
		}
	}
	t.dirty = t.dirty[:0]
	t.people.turn()
	return nil
}

// rollback makes the memory what the file is. The people it touched are forgotten, and read again when needed.
func (t *tx) rollback() {
	// Where SQLite rolled back by itself (a full disk) there is nothing to roll back, which is an error that says nothing.
	_, _ = t.exec(`ROLLBACK`)
	for _, p := range t.dirty {
		t.people.forget(p.user.ID)
	}
	t.dirty = t.dirty[:0]
	t.head = t.stored
}

// person returns somebody as they are in the transaction. Somebody unknown has no row until they are touched.
func (t *tx) person(user string) (*person, error) {
	if p := t.people.get(user); p != nil {
		return p, nil
	}
	p, err := findPerson(t.conn, user)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return newPerson(user), nil
	}
	t.people.put(p)
	return p, nil
}

// owner returns the person of a row.
func (t *tx) owner(uid int64) (*person, error) {
	var user string
	err := t.query(func(r row) error {
		user = r.text(0)
		return errEnough
	}, `SELECT user_id FROM users WHERE uid=?`, uid)
	if err != nil {
		return nil, err
	}
	if user != "" {
		return t.person(user)
	}
	for _, p := range t.dirty { // made in this transaction, and written at its end
		if p.uid == uid && !p.erased {
			return p, nil
		}
	}
	return nil, fmt.Errorf("a notification belongs to user number %d, whom there is not", uid)
}

// touch makes sure that the person is written at the end; it comes before any change of them, and before their uid is
// used.
func (t *tx) touch(p *person) {
	if p.dirty {
		return
	}
	if p.uid == 0 {
		t.lastUID++
		p.uid = t.lastUID
		p.begin(t.head.floor)
		t.people.put(p)
	}
	p.dirty = true
	t.dirty = append(t.dirty, p)
}

func (t *tx) save(p *person) (err error) {
	switch {
	case p.erased:
	case !p.stored:
		_, err = t.exec(`INSERT INTO users VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)`, p.uid, p.user.ID, p.seq, p.pruned,
			p.own.Unread, p.own.Unseen, numberOrNull(p.due), textOrNull(p.preferences), p.prefsBroadcast,
			p.user.Email, p.user.Name, p.user.Locale, p.user.Timezone, textOrNull(p.user.Data))
	case p.profile:
		_, err = t.exec(`UPDATE users SET seq=?, pruned_seq=?, unread=?, unseen=?, due=?, preferences=?, prefs_broadcast=?,
			email=?, name=?, locale=?, timezone=?, data=? WHERE uid=?`, p.seq, p.pruned,
			p.own.Unread, p.own.Unseen, numberOrNull(p.due), textOrNull(p.preferences), p.prefsBroadcast,
			p.user.Email, p.user.Name, p.user.Locale, p.user.Timezone, textOrNull(p.user.Data), p.uid)
	default:
		_, err = t.exec(`UPDATE users SET seq=?, pruned_seq=?, unread=?, unseen=?, due=? WHERE uid=?`,
			p.seq, p.pruned, p.own.Unread, p.own.Unseen, numberOrNull(p.due), p.uid)
	}
	return err
}

// mint returns the key of a new id: it rises strictly, whatever the clock does.
func (t *tx) mint(at time.Time) int64 {
	t.lastKey = max(t.lastKey+1, at.UnixMilli()<<12)
	return t.lastKey
}

// randomBits returns what goes with a key in an id.
func randomBits() int64 { return rand.Int64() & (1<<62 - 1) }

// toID puts an id together from what is stored of it.
func toID(key, random int64) belfry.ID {
	return belfry.NewID(fromMilli(key>>12), uint16(key&0xfff), uint64(random))
}

// fromID takes an id apart; not ok: no store gave it out.
func fromID(id belfry.ID) (key, random int64, ok bool) {
	key = id.Time().UnixMilli()<<12 | int64(id[6]&0x0f)<<8 | int64(id[7])
	for _, b := range id[8:] {
		random = random<<8 | int64(b)
	}
	random &= 1<<62 - 1
	return key, random, toID(key, random) == id
}

func parsePreferences(s string) (belfry.Preferences, error) {
	if s == "" {
		return nil, nil
	}
	var p belfry.Preferences
	if err := json.Unmarshal([]byte(s), &p); err != nil {
		return nil, fmt.Errorf("read stored preferences: %w", err)
	}
	return p, nil
}
