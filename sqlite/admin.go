package sqlite

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/belfryhq/belfry"
)

// An Admin is for short commands of an operator on a file that a running store may have open at the same time: keys and
// backups. It does no more because a store remembers what it wrote of people and notifications, and relies on being the
// only one who does.
type Admin struct{ s *Store }

// OpenAdmin opens a file that [Open] has made. It takes no lock and changes nothing of the file's form: a missing,
// foreign, older or newer file is refused.
func OpenAdmin(ctx context.Context, path string) (*Admin, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	s, err := open(ctx, path, options{readers: 1}, false)
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, explain(err))
	}
	return &Admin{s}, nil
}

// Backup is [Store.Backup].
func (a *Admin) Backup(ctx context.Context, dest string) error { return a.s.Backup(ctx, dest) }

// AddKey is [Store.AddKey]. A running store lets the key in from now on.
func (a *Admin) AddKey(ctx context.Context, k belfry.Key) error { return a.s.AddKey(ctx, k) }

// Keys is [Store.Keys].
func (a *Admin) Keys(ctx context.Context) ([]belfry.Key, error) { return a.s.Keys(ctx) }

// RemoveKey is [Store.RemoveKey].
func (a *Admin) RemoveKey(ctx context.Context, name string) error { return a.s.RemoveKey(ctx, name) }

// Close frees everything; a second Close does nothing.
func (a *Admin) Close() error { return a.s.Close() }
