package storetest

import (
	"context"
	"slices"
	"time"

	"github.com/belfryhq/belfry"
)

var errUnfoldable = belfry.Errorf(belfry.CodeInvalid, "These mails cannot go as one.")

// Fold implements [belfry.Folder].
func (m *Memory) Fold(ctx context.Context, leases []belfry.Lease, account, messageID string, message []byte) error {
	unlock, err := m.lock(ctx, "fold")
	if err != nil {
		return err
	}
	defer unlock()
	if len(leases) < 2 || len(leases) > belfry.MaxFolded || len(message) == 0 {
		return errUnfoldable
	}
	var all []parcel
	for _, l := range leases {
		v, err := m.leaseOf(l)
		if err != nil {
			return err
		}
		again := slices.ContainsFunc(all, func(other parcel) bool { return other.delivery == v.delivery })
		all = append(all, v)
		if v.committed || v.message != nil || again || !all[0].takes(v) {
			return errUnfoldable
		}
	}
	for i, v := range all {
		v.d.MessageID, v.d.Account, v.committed, v.bearer = messageID, account, true, all[0].delivery
		if i > 0 {
			v.token++
			v.due = time.Time{}
		}
	}
	all[0].message = slices.Clone(message)
	m.count(all[0], account)
	return nil
}

// takes reports whether another mail may go with one.
func (v parcel) takes(other parcel) bool {
	return v.owner == other.owner && v.d.To == other.d.To && v.plan.Class == other.plan.Class && v.plan.Class != belfry.Urgent &&
		v.plan.AtMostOnce == other.plan.AtMostOnce && !v.pinned && !other.pinned &&
		(other.plan.GiveUpAt.IsZero() || !v.plan.GiveUpAt.IsZero() && !other.plan.GiveUpAt.Before(v.plan.GiveUpAt))
}

// leaseCompany leases what may go with a mail that was just leased.
func (m *Memory) leaseCompany(v parcel, q belfry.ClaimQuery, taken map[*delivery]bool) (with []belfry.Mail) {
	if !v.fold || v.committed || v.message != nil {
		return nil
	}
	for _, other := range m.company(v, q.Now) {
		with = append(with, m.lease(other, q, taken))
	}
	return with
}

// company returns what may go with a mail that may be folded, the oldest first.
func (m *Memory) company(v parcel, now time.Time) (with []parcel) {
	all := m.parcels()
	slices.Reverse(all)
	for _, other := range all {
		free := other.d.State == belfry.Queued && (!other.leased || !other.due.After(now))
		if len(with) < belfry.MaxFolded-1 && other.delivery != v.delivery && free && other.fold && !other.committed &&
			other.message == nil && !expired(&other.n, now) && v.takes(other) {
			with = append(with, other)
		}
	}
	return with
}

// folded returns all that go as one and have not ended.
func (m *Memory) folded(bearer *delivery) (all []parcel) {
	for _, v := range m.parcels() {
		if v.bearer == bearer && v.d.State == belfry.Queued {
			all = append(all, v)
		}
	}
	return all
}

// unwanted reports whether none of the mails that go as one is still to be sent; then they end, in doubt as they are.
func (m *Memory) unwanted(bearer *delivery, now time.Time) bool {
	all := m.folded(bearer)
	for _, v := range all {
		if v.doomed == "" && !expired(&v.n, now) {
			return false
		}
	}
	for _, v := range all {
		reason := v.doomed
		if reason == "" {
			reason = reasonExpired
		}
		v.end(belfry.Ambiguous, v.with()+notAgain+reason)
	}
	return true
}

// with begins the reason of a mail that another stands for.
func (v *delivery) with() string {
	if v.bearer == nil || v.bearer == v {
		return ""
	}
	return "went with " + v.bearer.d.ID.String() + ": "
}

// part makes each a mail of its own again.
func (m *Memory) part(bearer *delivery) {
	m.each(func(v parcel) bool {
		if v.bearer == bearer {
			v.bearer, v.message = nil, nil
		}
		return true
	})
}

// widow ends the mails that went with those of a note that is being removed.
func (m *Memory) widow(r *note) {
	m.each(func(v parcel) bool {
		if v.d.State == belfry.Queued && v.bearer != nil && v.bearer != v.delivery && slices.Contains(r.deliveries, v.bearer) {
			v.end(belfry.Ambiguous, notAgain+reasonWidowed)
		}
		return true
	})
}
