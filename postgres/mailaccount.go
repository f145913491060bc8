package postgres

import (
	"context"
	"strings"
	"time"

	"github.com/belfryhq/belfry"
)

// sentAge is how long sent mails are counted at least, fullAge how long it is known that a mailbox was full.
const (
	sentAge = 48 * time.Hour
	fullAge = 7 * 24 * time.Hour
)

// MailAccount implements [belfry.MailAccounts].
func (s *Store) MailAccount(ctx context.Context, name string) (belfry.MailAccount, error) {
	a := belfry.MailAccount{Name: name}
	err := s.ask(ctx, func(r row) error {
		copy(a.Credential[:], r.blob(0))
		a.ParkedUntil, a.NeedsPerson, a.Reason, a.Strikes, a.SlowUntil = r.time(1), r.is(2), r.text(3), int(r.int(4)), r.time(5)
		return nil
	}, `SELECT credential, parked_until, needs_person, reason, strikes, slow_until FROM belfry.mail_accounts WHERE name=$1`, name)
	if err != nil {
		return belfry.MailAccount{}, failure("mail account", err)
	}
	return a, nil
}

// PutMailAccount implements [belfry.MailAccounts].
func (s *Store) PutMailAccount(ctx context.Context, a belfry.MailAccount) error {
	_, err := s.change(ctx, `INSERT INTO belfry.mail_accounts VALUES ($1,$2,$3,$4,$5,$6,$7) ON CONFLICT (name) DO UPDATE
		SET credential=excluded.credential, parked_until=excluded.parked_until, needs_person=excluded.needs_person,
		reason=excluded.reason, strikes=excluded.strikes, slow_until=excluded.slow_until`,
		a.Name, a.Credential[:], milli(a.ParkedUntil), a.NeedsPerson, clean(a.Reason), int64(a.Strikes), milli(a.SlowUntil))
	return failure("put mail account", err)
}

// FullMailbox implements [belfry.MailAccounts].
func (s *Store) FullMailbox(ctx context.Context, address string, at time.Time) (before time.Time, err error) {
	address = strings.ToLower(address)
	err = s.write(ctx, func(ctx context.Context, t *tx) error {
		before = time.Time{}
		err := t.query(ctx, func(r row) error {
			before = r.time(0)
			return nil
		}, `SELECT at FROM belfry.full_mailboxes WHERE address=$1 FOR UPDATE`, address)
		t.queue(`INSERT INTO belfry.full_mailboxes VALUES ($1,$2) ON CONFLICT (address) DO UPDATE SET at=excluded.at`, address, at.UnixMilli())
		return err
	})
	if err != nil {
		return time.Time{}, failure("full mailbox", err)
	}
	return before, nil
}

// MailsSent implements [belfry.MailAccounts].
func (s *Store) MailsSent(ctx context.Context, account string, after time.Time, limit int) (n int, earliest []time.Time, err error) {
	err = s.read(ctx, func(ctx context.Context, l *link) error {
		l.ask(func(r row) error {
			n = int(r.int(0))
			return nil
		}, `SELECT count(*) FROM belfry.mails_sent WHERE account=$1 AND at > $2`, account, after.UnixMilli())
		return l.query(ctx, func(r row) error {
			earliest = append(earliest, r.time(0))
			return nil
		}, `SELECT at FROM belfry.mails_sent WHERE account=$1 AND at > $2 ORDER BY at LIMIT $3`, account, after.UnixMilli(), int64(max(limit, 0)))
	})
	if err != nil {
		return 0, nil, failure("mails sent", err)
	}
	return n, earliest, nil
}

// Suppressed implements [belfry.MailAccounts].
func (s *Store) Suppressed(ctx context.Context) (map[string]string, error) {
	found := map[string]string{}
	err := s.ask(ctx, func(r row) error {
		found[r.text(0)] = r.text(1)
		return nil
	}, `SELECT address, reason FROM belfry.suppressions`)
	if err != nil {
		return nil, failure("suppressed", err)
	}
	return found, nil
}

// Unsuppress implements [belfry.MailAccounts].
func (s *Store) Unsuppress(ctx context.Context, address string) error {
	n, err := s.change(ctx, `DELETE FROM belfry.suppressions WHERE address=$1`, strings.ToLower(address))
	if err == nil && n == 0 {
		err = belfry.ErrNotFound
	}
	return failure("unsuppress", err)
}
