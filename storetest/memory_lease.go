package storetest

import (
	"context"
	"slices"
	"strings"

	"github.com/belfryhq/belfry"
)

// leaseOf returns what a lease is about, as long as it holds.
func (m *Memory) leaseOf(l belfry.Lease) (parcel, error) {
	v, ok := m.parcel(l.Delivery)
	if !ok || v.d.State != belfry.Queued || !v.leased || v.token != l.Token {
		return parcel{}, belfry.ErrLeaseLost
	}
	return v, nil
}

// Prepare implements [belfry.Outbox].
func (m *Memory) Prepare(ctx context.Context, l belfry.Lease, messageID string, message []byte) error {
	unlock, err := m.lock(ctx, "prepare")
	if err != nil {
		return err
	}
	defer unlock()
	v, err := m.leaseOf(l)
	switch {
	case err != nil:
		return err
	case len(message) == 0:
		return belfry.Errorf(belfry.CodeInvalid, "The mail has no bytes.")
	case v.message != nil:
		return belfry.Errorf(belfry.CodeInvalid, "The mail has its bytes already.")
	}
	v.d.MessageID, v.message = messageID, slices.Clone(message)
	return nil
}

// Commit implements [belfry.Outbox].
func (m *Memory) Commit(ctx context.Context, l belfry.Lease, account string) error {
	unlock, err := m.lock(ctx, "commit")
	if err != nil {
		return err
	}
	defer unlock()
	v, err := m.leaseOf(l)
	if err != nil {
		return err
	}
	m.count(v, account)
	v.d.Account, v.committed = account, true
	return nil
}

// count has a mail count against its account's quota.
func (m *Memory) count(v parcel, account string) {
	if v.entry == nil {
		v.entry = &sentMail{}
		m.sent = append(m.sent, v.entry)
	}
	*v.entry = sentMail{account, v.leasedAt}
}

// Settle implements [belfry.Outbox].
func (m *Memory) Settle(ctx context.Context, l belfry.Lease, s belfry.Settlement) error {
	unlock, err := m.lock(ctx, "settle")
	if err != nil {
		return err
	}
	defer unlock()
	v, err := m.leaseOf(l)
	if err != nil {
		return err
	}
	if s.Suppress != "" {
		m.suppressed[strings.ToLower(v.d.To)] = s.Suppress
	}
	m.account(v, s)
	all := []parcel{v}
	if v.bearer != nil {
		all = m.folded(v.delivery)
	}
	stop := !slices.ContainsFunc(all, func(one parcel) bool { return one.doomed == "" })
	if v.bearer != nil && s.State == belfry.Queued && s.Uncommitted {
		for _, one := range all {
			one.d.MessageID = ""
		}
		m.part(v.delivery)
	}
	for _, one := range all {
		one.conclude(s, stop)
	}
	return nil
}

// conclude settles one mail. stop: nothing that it says is wanted any more.
func (v parcel) conclude(s belfry.Settlement, stop bool) {
	if s.Attempt != nil {
		v.d.Attempts = append(v.d.Attempts, *s.Attempt)
		v.d.Attempts = v.d.Attempts[max(0, len(v.d.Attempts)-50):]
	}
	if s.Counts {
		v.d.Tries++
	}
	if s.Account != "" && !v.committed && !v.pinned {
		v.d.Account = s.Account
	}
	v.committed = v.committed && !s.Uncommitted && s.State != belfry.Sent
	switch doomed := v.doomed; {
	case s.State != belfry.Queued:
		v.end(s.State, v.with()+s.Reason)
	case v.committed && stop:
		v.end(belfry.Ambiguous, v.with()+notAgain+doomed)
	case !v.committed && doomed != "":
		v.end(belfry.Canceled, doomed)
	default:
		v.end(belfry.Queued, v.with()+s.Reason)
		v.d.NextAttemptAt, v.doomed, v.fold = s.NextAttemptAt, doomed, s.Fold
		if v.with() == "" {
			v.due = s.NextAttemptAt
		}
	}
	if v.d.State == belfry.Sent {
		v.d.SentAt = s.At
	}
}

// account moves what the commit under the lease counts to when it happened, or takes it back.
func (m *Memory) account(v parcel, s belfry.Settlement) {
	if s.Uncommitted {
		m.sent = slices.DeleteFunc(m.sent, func(e *sentMail) bool { return e == v.entry })
		return
	}
	switch {
	case v.entry == nil:
	case s.State == belfry.Sent:
		v.entry.at = s.At
	case s.Attempt != nil:
		v.entry.at = s.Attempt.At
	}
}
