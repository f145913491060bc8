package storetest

import (
	"context"
	"time"
)

// A duty is held until a time of this process's clock.
type duty struct {
	holder string
	until  time.Time
}

// TakeDuty implements [belfry.Duties].
func (m *Memory) TakeDuty(ctx context.Context, name, holder string, hold time.Duration) (bool, error) {
	unlock, err := m.lock(ctx, "take duty")
	if err != nil {
		return false, err
	}
	defer unlock()
	now := time.Now()
	if d, ok := m.duties[name]; ok && d.holder != holder && now.Before(d.until) {
		return false, nil
	}
	m.duties[name] = duty{holder, now.Add(hold)}
	return true, nil
}

// LeaveDuty implements [belfry.Duties].
func (m *Memory) LeaveDuty(ctx context.Context, name, holder string) error {
	unlock, err := m.lock(ctx, "leave duty")
	if err != nil {
		return err
	}
	defer unlock()
	if m.duties[name].holder == holder {
		delete(m.duties, name)
	}
	return nil
}
