package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/sqlite"
)

// Beside a store that is open, an Admin sees what it keeps of mail accounts.
func TestAdminSeesMailAccounts(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "belfry.db")
	store := openFile(t, path)
	want := belfry.MailAccount{Name: "shop@example.com", ParkedUntil: start.Add(time.Hour), Reason: "the daily limit", Strikes: 2}
	if err := store.PutMailAccount(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	admin, err := sqlite.OpenAdmin(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := admin.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	if err := admin.Ping(t.Context()); err != nil {
		t.Errorf("ping: %v", err)
	}
	if got, err := admin.MailAccount(t.Context(), want.Name); err != nil || got != want {
		t.Errorf("account %+v, %v; want %+v", got, err, want)
	}
	if n, earliest, err := admin.MailsSent(t.Context(), want.Name, start, 1); err != nil || n != 0 || len(earliest) != 0 {
		t.Errorf("sent %d, %v, %v; want none", n, earliest, err)
	}
}
