package postgres

import (
	"context"
	"time"

	"github.com/belfryhq/belfry"
)

// MailAccount is [Store.MailAccount].
func (a *Admin) MailAccount(ctx context.Context, name string) (belfry.MailAccount, error) {
	return a.s.MailAccount(ctx, name)
}

// MailsSent is [Store.MailsSent].
func (a *Admin) MailsSent(ctx context.Context, account string, after time.Time, limit int) (n int, earliest []time.Time, err error) {
	return a.s.MailsSent(ctx, account, after, limit)
}
