package sqlite

import (
	"context"
	"time"

	"github.com/belfryhq/belfry"
)

// Ping is [Store.Ping].
func (a *Admin) Ping(ctx context.Context) error { return a.s.Ping(ctx) }

// MailAccount is [Store.MailAccount].
func (a *Admin) MailAccount(ctx context.Context, name string) (belfry.MailAccount, error) {
	return a.s.MailAccount(ctx, name)
}

// MailsSent is [Store.MailsSent].
func (a *Admin) MailsSent(ctx context.Context, account string, after time.Time, limit int) (n int, earliest []time.Time, err error) {
	return a.s.MailsSent(ctx, account, after, limit)
}
