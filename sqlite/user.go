package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/belfryhq/belfry"
)

// PutUser implements [belfry.People].
func (s *Store) PutUser(ctx context.Context, u belfry.User) error {
	u.Data = slices.Clone(u.Data)
	return failure("put user", s.writer.do(ctx, 1, func(t *tx) error {
		p, err := t.person(u.ID)
		if err != nil {
			return err
		}
		t.touch(p)
		p.user, p.profile = u, true
		return nil
	}))
}

// User implements [belfry.People].
func (s *Store) User(ctx context.Context, id string) (belfry.User, error) {
	var u belfry.User
	err := s.readers.one(ctx, func(c *conn) error {
		p, err := findPerson(c, id)
		if err != nil {
			return err
		}
		if p == nil {
			return belfry.ErrNotFound
		}
		u = p.user
		return nil
	})
	return u, failure("user", err)
}

// EraseUser implements [belfry.People].
func (s *Store) EraseUser(ctx context.Context, id string) error {
	return failure("erase user", s.writer.do(ctx, 1, func(t *tx) error { return t.erase(id) }))
}

func (t *tx) erase(id string) error {
	p, err := t.person(id)
	if err != nil {
		return err
	}
	if p.uid == 0 {
		return belfry.ErrNotFound
	}
	t.touch(p)
	p.erased = true
	t.people.forget(id)
	t.head.floor = max(t.head.floor, p.seq+1)
	for _, sql := range []string{
		`DELETE FROM messages WHERE key IN (SELECT key FROM deliveries INDEXED BY deliveries_user WHERE uid=?)`,
		`DELETE FROM deliveries WHERE uid=?`,
		`DELETE FROM notifications WHERE uid=?`,
		`DELETE FROM broadcast_states WHERE uid=?`,
		`DELETE FROM users WHERE uid=?`,
	} {
		if _, err := t.exec(sql, p.uid); err != nil {
			return err
		}
	}
	_, err = t.exec(`DELETE FROM tickets WHERE user_id=?`, id)
	return err
}

// Preferences implements [belfry.People].
func (s *Store) Preferences(ctx context.Context, user string) (belfry.Preferences, error) {
	out := belfry.Preferences{}
	err := s.readers.one(ctx, func(c *conn) error {
		p, err := findPerson(c, user)
		if err == nil && p != nil && p.prefs != nil {
			out = p.prefs
		}
		return err
	})
	if err != nil {
		return nil, failure("preferences", err)
	}
	return out, nil
}

// SetPreferences implements [belfry.People].
func (s *Store) SetPreferences(ctx context.Context, user string, prefs belfry.Preferences) error {
	var text string
	if len(prefs) > 0 {
		b, err := json.Marshal(prefs)
		if err != nil {
			return fmt.Errorf("sqlite: set preferences: %w", err)
		}
		text = string(b)
	}
	return failure("set preferences", s.writer.do(ctx, 1, func(t *tx) error { return t.prefer(user, text) }))
}

func (t *tx) prefer(user, text string) error {
	prefs, err := parsePreferences(text)
	if err != nil {
		return err
	}
	p, err := t.person(user)
	if err != nil {
		return err
	}
	t.touch(p)
	if p.mutes {
		if err := t.settle(p); err != nil {
			return err
		}
	}
	p.preferences, p.prefs, p.mutes = text, prefs, prefs.Mutes(belfry.InApp)
	p.prefsBroadcast, p.profile = t.head.bseq, true
	return t.cancelMuted(p)
}

// settle writes down which broadcasts the preferences of until now hid, so that others cannot bring them back.
func (t *tx) settle(p *person) error {
	hidden := map[int64]int64{}
	err := t.query(func(r row) error {
		if !p.prefs.Allow(r.text(1), belfry.InApp, belfry.Priority(r.int(2))) {
			hidden[r.int(0)] = 1 + r.int(3)
		}
		return nil
	}, `SELECT bseq, category, priority, gone FROM broadcasts WHERE bseq > ? AND gone < 2`, p.prefsBroadcast)
	if err != nil {
		return err
	}
	for bseq, how := range hidden {
		if _, err := t.exec(`INSERT INTO broadcast_states VALUES (?,?,NULL,?,NULL,NULL,NULL)`, p.uid, bseq, how); err != nil {
			return err
		}
		p.own = p.own.Plus(state{hidden: how}.counts())
	}
	return nil
}
