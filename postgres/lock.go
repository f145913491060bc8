package postgres

import (
	"context"
	"fmt"
	"slices"
)

// lockPeople locks those who are known, in the order of their ids, and then reads the head, so that what anybody did to
// them before is in it. Whoever is not known is not in t.people afterwards.
func (t *tx) lockPeople(ctx context.Context, users ...string) error {
	t.ask(t.keep, `SELECT `+personColumns+` FROM belfry.users u WHERE u.user_id = ANY($1) ORDER BY u.user_id FOR UPDATE`, users)
	return t.look(ctx)
}

// lockOwners is lockPeople by the number that rows carry.
func (t *tx) lockOwners(ctx context.Context, uids []int64) error {
	t.ask(t.keep, `SELECT `+personColumns+` FROM belfry.users u WHERE u.uid = ANY($1) ORDER BY u.user_id FOR UPDATE`, uids)
	return t.look(ctx)
}

func (t *tx) keep(r row) error {
	p, err := scanPerson(r)
	if err != nil {
		return err
	}
	if old := t.byUID[p.uid]; old != nil {
		return nil // locked before, and perhaps changed
	}
	t.people[p.user.ID], t.byUID[p.uid] = p, p
	return nil
}

// admit locks all of the people, and makes those who are not known.
func (t *tx) admit(ctx context.Context, users []string) error {
	users = slices.Clone(users)
	slices.Sort(users)
	users = slices.Compact(users)
	if err := t.lockPeople(ctx, users...); err != nil {
		return err
	}
	if len(t.people) < len(users) {
		missing := slices.DeleteFunc(users, func(u string) bool { return t.people[u] != nil })
		return t.make(ctx, missing)
	}
	return nil
}

// make adds rows for people who have none. Of those whom another transaction makes at the same time, it waits for the
// outcome.
func (t *tx) make(ctx context.Context, users []string) error {
	made := map[string]bool{}
	t.ask(func(r row) error {
		made[r.text(0)] = true
		return nil
	}, `INSERT INTO belfry.users (user_id) SELECT unnest($1::text[]) ON CONFLICT (user_id) DO NOTHING RETURNING user_id`, users)
	if err := t.lockPeople(ctx, users...); err != nil {
		return err
	}
	for _, u := range users {
		p := t.people[u]
		switch {
		case p == nil: // made by another, and erased again
			return errAgain
		case made[u]:
			p.fresh = true
			p.begin(t.head.floor)
		}
	}
	return nil
}

// person returns somebody who was locked, or somebody of whom nothing is stored.
func (t *tx) person(user string) *person {
	if p := t.people[user]; p != nil {
		return p
	}
	return newPerson(user)
}

// owner returns the person of a row, who was locked.
func (t *tx) owner(uid int64) (*person, error) {
	if p := t.byUID[uid]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("user number %d was not locked", uid)
}

// touch makes sure that the person is written at the end; it comes before any change of them, and before their uid is
// used.
func (t *tx) touch(ctx context.Context, p *person) error {
	if p.dirty {
		return nil
	}
	if p.uid == 0 {
		if err := t.make(ctx, []string{p.user.ID}); err != nil {
			return err
		}
		made := t.people[p.user.ID]
		if !made.fresh {
			return errAgain // somebody made them since they were looked for
		}
		*p = *made
		t.people[p.user.ID], t.byUID[p.uid] = p, p
	}
	t.mark(p)
	return nil
}

// mark is touch for somebody who has a row.
func (t *tx) mark(p *person) {
	if !p.dirty {
		p.dirty = true
		t.dirty = append(t.dirty, p)
	}
}

// save queues what the transaction changed of people.
func (t *tx) save() {
	if len(t.dirty) == 0 {
		return
	}
	var uid, seq, pruned, unread, unseen []int64
	var due []*int64
	for _, p := range t.dirty {
		p.dirty = false
		uid, seq, pruned = append(uid, p.uid), append(seq, p.seq), append(pruned, p.pruned)
		unread, unseen, due = append(unread, p.own.Unread), append(unseen, p.own.Unseen), append(due, orNull(p.due))
	}
	t.dirty = t.dirty[:0]
	t.queue(`UPDATE belfry.users u SET seq=v.seq, pruned_seq=v.pruned, unread=v.unread, unseen=v.unseen, due=v.due
		FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]) AS v(uid, seq, pruned, unread, unseen, due)
		WHERE u.uid=v.uid`, uid, seq, pruned, unread, unseen, due)
}
