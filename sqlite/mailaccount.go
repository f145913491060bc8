package sqlite

import (
	"bytes"
	"context"
	"crypto/rand"
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
	err := s.readers.one(ctx, func(c *conn) error {
		return c.query(func(r row) error {
			copy(a.Credential[:], r.blob(0))
			a.ParkedUntil, a.NeedsPerson, a.Reason, a.Strikes, a.SlowUntil = r.time(1), r.int(2) != 0, r.text(3), int(r.int(4)), r.time(5)
			return nil
		}, `SELECT credential, parked_until, needs_person, reason, strikes, slow_until FROM mail_accounts WHERE name=?`, name)
	})
	if err != nil {
		return belfry.MailAccount{}, failure("mail account", err)
	}
	return a, nil
}

// PutMailAccount implements [belfry.MailAccounts].
func (s *Store) PutMailAccount(ctx context.Context, a belfry.MailAccount) error {
	return failure("put mail account", s.writer.do(ctx, 1, func(t *tx) error {
		_, err := t.exec(`INSERT OR REPLACE INTO mail_accounts VALUES (?,?,?,?,?,?,?)`,
			a.Name, a.Credential[:], milli(a.ParkedUntil), oneIf(a.NeedsPerson), a.Reason, int64(a.Strikes), milli(a.SlowUntil))
		return err
	}))
}

// FullMailbox implements [belfry.MailAccounts].
func (s *Store) FullMailbox(ctx context.Context, address string, at time.Time) (time.Time, error) {
	var before time.Time
	err := s.writer.do(ctx, 1, func(t *tx) error {
		found, address := time.Time{}, strings.ToLower(address)
		err := t.query(func(r row) error {
			found = r.time(0)
			return nil
		}, `SELECT at FROM full_mailboxes WHERE address=?`, address)
		if err != nil {
			return err
		}
		before = found
		_, err = t.exec(`INSERT OR REPLACE INTO full_mailboxes VALUES (?,?)`, address, at.UnixMilli())
		return err
	})
	if err != nil {
		return time.Time{}, failure("full mailbox", err)
	}
	return before, nil
}

// MailsSent implements [belfry.MailAccounts].
func (s *Store) MailsSent(ctx context.Context, account string, after time.Time, limit int) (n int, earliest []time.Time, err error) {
	err = s.readers.read(ctx, func(c *conn) error {
		count, err := c.number(`SELECT count(*) FROM mails_sent WHERE account=? AND at > ?`, account, after.UnixMilli())
		if err != nil {
			return err
		}
		n = int(count)
		return c.query(func(r row) error {
			earliest = append(earliest, r.time(0))
			return nil
		}, `SELECT at FROM mails_sent WHERE account=? AND at > ? ORDER BY at LIMIT ?`, account, after.UnixMilli(), int64(max(limit, 0)))
	})
	if err != nil {
		return 0, nil, failure("mails sent", err)
	}
	return n, earliest, nil
}

// Suppressed implements [belfry.MailAccounts].
func (s *Store) Suppressed(ctx context.Context) (map[string]string, error) {
	found := map[string]string{}
	err := s.readers.one(ctx, func(c *conn) error {
		return c.query(func(r row) error {
			found[r.text(0)] = r.text(1)
			return nil
		}, `SELECT address, reason FROM suppressions`)
	})
	if err != nil {
		return nil, failure("suppressed", err)
	}
	return found, nil
}

// Unsuppress implements [belfry.MailAccounts].
func (s *Store) Unsuppress(ctx context.Context, address string) error {
	return failure("unsuppress", s.writer.do(ctx, 1, func(t *tx) error {
		n, err := t.exec(`DELETE FROM suppressions WHERE address=?`, strings.ToLower(address))
		if err == nil && n == 0 {
			return belfry.ErrNotFound
		}
		return err
	}))
}

// Secret implements [belfry.Credentials].
func (s *Store) Secret(ctx context.Context, name string) ([]byte, error) {
	var out []byte
	find := func(c *conn) error {
		return c.query(func(r row) error {
			out = bytes.Clone(r.blob(0))
			return nil
		}, `SELECT secret FROM secrets WHERE name=?`, name)
	}
	err := s.readers.one(ctx, find)
	if err == nil && out == nil {
		fresh := make([]byte, 32)
		_, _ = rand.Read(fresh) // it never fails
		err = s.writer.do(ctx, 1, func(t *tx) error {
			if _, err := t.exec(`INSERT OR IGNORE INTO secrets VALUES (?,?)`, name, fresh); err != nil {
				return err
			}
			return find(t.conn)
		})
	}
	if err != nil {
		return nil, failure("secret", err)
	}
	return out, nil
}
