package storetest

import (
	"context"
	"crypto/rand"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/belfryhq/belfry"
)

// MailAccount implements [belfry.MailAccounts].
func (m *Memory) MailAccount(ctx context.Context, name string) (belfry.MailAccount, error) {
	unlock, err := m.lock(ctx, "mail account")
	if err != nil {
		return belfry.MailAccount{}, err
	}
	defer unlock()
	a := m.accounts[name]
	a.Name = name
	return a, nil
}

// PutMailAccount implements [belfry.MailAccounts].
func (m *Memory) PutMailAccount(ctx context.Context, a belfry.MailAccount) error {
	unlock, err := m.lock(ctx, "put mail account")
	if err != nil {
		return err
	}
	defer unlock()
	m.accounts[a.Name] = a
	return nil
}

// FullMailbox implements [belfry.MailAccounts].
func (m *Memory) FullMailbox(ctx context.Context, address string, at time.Time) (time.Time, error) {
	unlock, err := m.lock(ctx, "full mailbox")
	if err != nil {
		return time.Time{}, err
	}
	defer unlock()
	address = strings.ToLower(address)
	before := m.full[address]
	m.full[address] = at
	return before, nil
}

// MailsSent implements [belfry.MailAccounts].
func (m *Memory) MailsSent(ctx context.Context, account string, after time.Time, limit int) (n int, earliest []time.Time, err error) {
	unlock, err := m.lock(ctx, "mails sent")
	if err != nil {
		return 0, nil, err
	}
	defer unlock()
	for _, e := range m.sent {
		if e.account == account && e.at.After(after) {
			earliest = append(earliest, e.at)
		}
	}
	slices.SortFunc(earliest, time.Time.Compare)
	return len(earliest), earliest[:min(limit, len(earliest))], nil
}

// Suppressed implements [belfry.MailAccounts].
func (m *Memory) Suppressed(ctx context.Context) (map[string]string, error) {
	unlock, err := m.lock(ctx, "suppressed")
	if err != nil {
		return nil, err
	}
	defer unlock()
	return maps.Clone(m.suppressed), nil
}

// Unsuppress implements [belfry.MailAccounts].
func (m *Memory) Unsuppress(ctx context.Context, address string) error {
	unlock, err := m.lock(ctx, "unsuppress")
	if err != nil {
		return err
	}
	defer unlock()
	address = strings.ToLower(address)
	if _, ok := m.suppressed[address]; !ok {
		return belfry.ErrNotFound
	}
	delete(m.suppressed, address)
	return nil
}

// Secret implements [belfry.Credentials].
func (m *Memory) Secret(ctx context.Context, name string) ([]byte, error) {
	unlock, err := m.lock(ctx, "secret")
	if err != nil {
		return nil, err
	}
	defer unlock()
	if m.secrets[name] == nil {
		m.secrets[name] = make([]byte, 32)
		_, _ = rand.Read(m.secrets[name]) // it never fails
	}
	return slices.Clone(m.secrets[name]), nil
}
