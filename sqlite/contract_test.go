package sqlite_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/storetest"
)

// TestContract opens copies of one backup of an empty store: making a file anew each time takes longer than most rules.
func TestContract(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "empty.db")
	if err := open(t).Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	empty, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	storetest.Run(t, func(t *testing.T) belfry.Store {
		path := filepath.Join(t.TempDir(), "belfry.db")
		if err := os.WriteFile(path, empty, 0o600); err != nil {
			t.Fatal(err)
		}
		return openFile(t, path)
	})
}
