package smtpmail

import (
	"context"
)

type prober struct {
	options ProbeOptions
	report  func(Step)
}

func (p *prober) run(ctx context.Context, a Account) bool { _ = ctx; _ = a; return false }
