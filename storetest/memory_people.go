package storetest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/belfryhq/belfry"
)

// PutUser implements [belfry.People].
func (m *Memory) PutUser(ctx context.Context, u belfry.User) error {
	unlock, err := m.lock(ctx, "put user")
	if err != nil {
		return err
	}
	defer unlock()
	u.Data = slices.Clone(u.Data)
	m.known(u.ID).user = u
	return nil
}

// User implements [belfry.People].
func (m *Memory) User(ctx context.Context, id string) (belfry.User, error) {
	unlock, err := m.lock(ctx, "user")
	if err != nil {
		return belfry.User{}, err
	}
	defer unlock()
	p, ok := m.people[id]
	if !ok {
		return belfry.User{}, belfry.ErrNotFound
	}
	return p.user, nil
}

// EraseUser implements [belfry.People].
func (m *Memory) EraseUser(ctx context.Context, id string) error {
	unlock, err := m.lock(ctx, "erase user")
	if err != nil {
		return err
	}
	defer unlock()
	p, ok := m.people[id]
	if !ok {
		return belfry.ErrNotFound
	}
	delete(m.people, id)
	m.floor = max(m.floor, p.seq+1)
	for _, b := range m.broadcasts {
		delete(b.hidden, id)
		delete(b.touched, id)
	}
	m.tickets = slices.DeleteFunc(m.tickets, func(t belfry.Ticket) bool { return t.User == id })
	return nil
}

// Preferences implements [belfry.People].
func (m *Memory) Preferences(ctx context.Context, user string) (belfry.Preferences, error) {
	unlock, err := m.lock(ctx, "preferences")
	if err != nil {
		return nil, err
	}
	defer unlock()
	return clonePreferences(m.look(user).prefs), nil
}

// SetPreferences implements [belfry.People].
func (m *Memory) SetPreferences(ctx context.Context, user string, p belfry.Preferences) error {
	unlock, err := m.lock(ctx, "set preferences")
	if err != nil {
		return err
	}
	defer unlock()
	person := m.known(user)
	person.prefs = clonePreferences(p)
	for _, r := range person.notes {
		if r.deletedAt.IsZero() && !p.Allow(r.n.Category, belfry.Email, r.n.Priority) {
			r.cancelAll(reasonMuted)
		}
	}
	return nil
}

func clonePreferences(p belfry.Preferences) belfry.Preferences {
	out := belfry.Preferences{}
	for category, channels := range p {
		out[category] = maps.Clone(channels)
	}
	return out
}

// AddKey implements [belfry.Credentials].
func (m *Memory) AddKey(ctx context.Context, k belfry.Key) error {
	unlock, err := m.lock(ctx, "add key")
	if err != nil {
		return err
	}
	defer unlock()
	at, found := slices.BinarySearchFunc(m.keys, k.Name, byName)
	if found {
		return belfry.Errorf(belfry.CodeConflict, "There is a key named %q already.", k.Name)
	}
	k.LastUsedAt = time.Time{}
	m.keys = slices.Insert(m.keys, at, k)
	return nil
}

func byName(k belfry.Key, name string) int { return strings.Compare(k.Name, name) }

// Keys implements [belfry.Credentials].
func (m *Memory) Keys(ctx context.Context) ([]belfry.Key, error) {
	unlock, err := m.lock(ctx, "keys")
	if err != nil {
		return nil, err
	}
	defer unlock()
	return slices.Clone(m.keys), nil
}

// UseKey implements [belfry.Credentials].
func (m *Memory) UseKey(ctx context.Context, name string, at time.Time) error {
	unlock, err := m.lock(ctx, "use key")
	if err != nil {
		return err
	}
	defer unlock()
	if i, found := slices.BinarySearchFunc(m.keys, name, byName); found && at.After(m.keys[i].LastUsedAt) {
		m.keys[i].LastUsedAt = at
	}
	return nil
}

// RemoveKey implements [belfry.Credentials].
func (m *Memory) RemoveKey(ctx context.Context, name string) error {
	unlock, err := m.lock(ctx, "remove key")
	if err != nil {
		return err
	}
	defer unlock()
	at, found := slices.BinarySearchFunc(m.keys, name, byName)
	if !found {
		return belfry.ErrNotFound
	}
	m.keys = slices.Delete(m.keys, at, at+1)
	return nil
}

// AddTicket implements [belfry.Credentials].
func (m *Memory) AddTicket(ctx context.Context, t belfry.Ticket) error {
	unlock, err := m.lock(ctx, "add ticket")
	if err != nil {
		return err
	}
	defer unlock()
	m.tickets = append(m.tickets, t)
	return nil
}

// TakeTicket implements [belfry.Credentials].
func (m *Memory) TakeTicket(ctx context.Context, h belfry.SecretHash, now time.Time) (belfry.Ticket, error) {
	unlock, err := m.lock(ctx, "take ticket")
	if err != nil {
		return belfry.Ticket{}, err
	}
	defer unlock()
	for i, t := range m.tickets {
		if t.Hash == h && t.ExpiresAt.After(now) {
			m.tickets = slices.Delete(m.tickets, i, i+1)
			return t, nil
		}
	}
	return belfry.Ticket{}, belfry.ErrNotFound
}
