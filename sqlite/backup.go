package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// Backup writes a copy of the store as it is at this moment to a new file, while reading and writing go on. The copy is
// one whole file without a log beside it, and has no epoch: the store that is opened in it, or in a copy of it, gets
// one of its own. The file appears at dest only when it is complete and synced.
func (s *Store) Backup(ctx context.Context, dest string) error {
	if err := s.backup(ctx, dest); err != nil {
		return failure("back up to "+dest, err)
	}
	return nil
}

func (s *Store) backup(ctx context.Context, dest string) (err error) {
	if dest, err = filepath.Abs(dest); err != nil {
		return err
	}
	if _, err := os.Lstat(dest); err == nil {
		return errors.New("there is such a file already: name another")
	}
	f, err := os.CreateTemp(filepath.Dir(dest), filepath.Base(dest)+".*.partial") // for its owner's eyes alone
	if err != nil {
		return err
	}
	partial := f.Name()
	if err := f.Close(); err != nil {
		return errors.Join(err, removeIfThere(partial))
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, removeIfThere(partial))
		}
	}()
	// A connection of its own: a copy takes long, and the readers are few.
	c, err := connect(ctx, dsn(s.path, "rw", pragmaBusy, pragmaTemp))
	if err != nil {
		return err
	}
	if err := errors.Join(vacuumInto(ctx, c, partial), c.close()); err != nil {
		return err
	}
	if err := forgetEpoch(ctx, partial); err != nil {
		return err
	}
	if err := syncFile(partial); err != nil {
		return err
	}
	if err := os.Rename(partial, dest); err != nil {
		return err
	}
	if runtime.GOOS == "windows" { // which cannot sync a directory, nor need it
		return nil
	}
	return syncFile(filepath.Dir(dest))
}

// vacuumInto runs with the caller's ctx, unlike other statements, so that a long copy can be given up.
func vacuumInto(ctx context.Context, c *conn, dest string) error {
	s, err := c.prepare(`VACUUM INTO ?`, []any{dest})
	if err != nil {
		return err
	}
	_, err = s.s.ExecContext(ctx, []driver.NamedValue{{Ordinal: 1, Value: dest}})
	return err
}

func forgetEpoch(ctx context.Context, path string) error {
	c, err := connect(ctx, dsn(path, "rw", "journal_mode(DELETE)", pragmaFull))
	if err != nil {
		return err
	}
	_, err = c.exec(`UPDATE meta SET epoch=''`)
	return errors.Join(err, c.close())
}

func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove what was begun: %w", err)
	}
	return nil
}
