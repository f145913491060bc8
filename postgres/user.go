package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/belfryhq/belfry"
)

// PutUser implements [belfry.People].
func (s *Store) PutUser(ctx context.Context, u belfry.User) error {
	return failure("put user", s.write(ctx, func(ctx context.Context, t *tx) error {
		if err := t.admit(ctx, []string{u.ID}); err != nil {
			return err
		}
		p := t.person(u.ID)
		t.mark(p)
		t.queue(`UPDATE belfry.users SET email=$1, name=$2, locale=$3, timezone=$4, data=$5 WHERE uid=$6`,
			u.Email, u.Name, u.Locale, u.Timezone, orNull(string(u.Data)), p.uid)
		return nil
	}))
}

// User implements [belfry.People].
func (s *Store) User(ctx context.Context, id string) (u belfry.User, err error) {
	err = s.one(ctx, func(ctx context.Context, l *link) error {
		p, err := findPerson(ctx, l, id)
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
	return failure("erase user", s.write(ctx, func(ctx context.Context, t *tx) error {
		if err := t.lockPeople(ctx, id); err != nil {
			return err
		}
		p := t.person(id)
		if p.uid == 0 {
			return belfry.ErrNotFound
		}
		for _, sql := range []string{
			`DELETE FROM belfry.messages WHERE id IN (SELECT id FROM belfry.deliveries WHERE uid=$1)`,
			`DELETE FROM belfry.deliveries WHERE uid=$1`,
			`DELETE FROM belfry.notifications WHERE uid=$1`,
			`DELETE FROM belfry.broadcast_states WHERE uid=$1`,
			`DELETE FROM belfry.users WHERE uid=$1`,
		} {
			t.queue(sql, p.uid)
		}
		t.queue(`DELETE FROM belfry.tickets WHERE user_id=$1`, id)
		t.queue(`DELETE FROM belfry.intake WHERE refused_at IS NOT NULL AND request->'to' @> to_jsonb($1::text)`, id)
		t.queue(`UPDATE belfry.meta SET floor=greatest(floor, $1), version=version+1`, p.seq+1)
		return nil
	}))
}

// Preferences implements [belfry.People].
func (s *Store) Preferences(ctx context.Context, user string) (belfry.Preferences, error) {
	out := belfry.Preferences{}
	err := s.one(ctx, func(ctx context.Context, l *link) error {
		p, err := findPerson(ctx, l, user)
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
			return fmt.Errorf("postgres: set preferences: %w", err)
		}
		text = string(b)
	}
	return failure("set preferences", s.write(ctx, func(ctx context.Context, t *tx) error { return t.prefer(ctx, user, text, prefs) }))
}

func (t *tx) prefer(ctx context.Context, user, text string, prefs belfry.Preferences) error {
	if err := t.admit(ctx, []string{user}); err != nil {
		return err
	}
	p := t.person(user)
	t.mark(p)
	// Broadcasts up to here are under the preferences of until now, those after it under the new ones.
	here := t.head.bseq
	if p.mutes {
		if err := t.settleMuted(ctx, p, here); err != nil {
			return err
		}
	}
	t.queue(`UPDATE belfry.users SET preferences=$1, prefs_broadcast=$2 WHERE uid=$3`, orNull(text), here, p.uid)
	return t.cancelMuted(ctx, p, prefs)
}

// settleMuted writes down which broadcasts the preferences of until now hid, so that others cannot bring them back.
func (t *tx) settleMuted(ctx context.Context, p *person, upTo int64) error {
	var bseqs, hidden []int64
	err := t.query(ctx, func(r row) error {
		if !p.prefs.Allow(r.text(1), belfry.InApp, belfry.Priority(r.int(2))) {
			bseqs, hidden = append(bseqs, r.int(0)), append(hidden, 1+r.int(3))
		}
		return nil
	}, `SELECT bseq, category, priority, gone FROM belfry.broadcasts WHERE bseq > $1 AND bseq <= $2 AND gone < 2 ORDER BY bseq FOR SHARE`,
		p.prefsBroadcast, upTo)
	if err != nil {
		return err
	}
	t.queue(`INSERT INTO belfry.broadcast_states (uid, bseq, hidden) SELECT $1, * FROM unnest($2::bigint[], $3::bigint[])`, p.uid, bseqs, hidden)
	for _, how := range hidden {
		p.own = p.own.Plus(state{hidden: how}.counts())
	}
	return nil
}
