package sqlite_test

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/sqlite"
)

// TestFullDiskRefusesAndLosesNothing fills a disk of its own. Who may not mount one has the quota in its place: SQLite
// says the same of both.
func TestFullDiskRefusesAndLosesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var opts []sqlite.Option
	room := func() {}
	switch err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); {
	case err == nil:
		t.Cleanup(func() {
			if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
				t.Error(err)
			}
		})
		room = func() {
			if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=8m"); err != nil {
				t.Fatal(err)
			}
		}
	case errors.Is(err, syscall.EPERM):
		t.Log("no file system may be mounted here: a quota takes the place of the small disk")
		opts = append(opts, sqlite.WithMaxBytes(1<<20))
	default:
		t.Fatal(err)
	}
	path := filepath.Join(dir, "belfry.db")
	s := openFile(t, path, opts...)
	n := fillUp(t, s)
	room()
	if len(opts) == 0 { // the running store goes on as soon as there is room
		accept(t, s, send(belfry.ToUser("42"), "there is room again"))
		n++
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wantRows(t, openFile(t, path), n)
}
