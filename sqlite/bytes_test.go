package sqlite_test

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/belfryhq/belfry"
)

// The bytes of mail are the biggest that there is in the file: they go with their notification, or with the person.
func TestBytesOfMailAreRemoved(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "belfry.db")
	s := openFile(t, path)
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	bytesOf := func(want int) {
		t.Helper()
		var got int
		if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM messages`).Scan(&got); err != nil || got != want {
			t.Errorf("%d messages are stored, %v; want %d", got, err, want)
		}
	}
	pruned := accept(t, s, mailTo("42", belfry.Bulk))[0].ID
	accept(t, s, mailTo("42", belfry.Bulk), mailTo("43", belfry.Bulk))
	mails, _, err := s.Claim(t.Context(), belfry.ClaimQuery{Order: everyMailClass(), Limit: 10, Now: start, Lease: time.Hour})
	if err != nil || len(mails) != 3 {
		t.Fatalf("claimed %d, %v", len(mails), err)
	}
	for _, m := range mails {
		if err := s.Prepare(t.Context(), m.Lease, "<1@x.org>", []byte("bytes")); err != nil {
			t.Fatal(err)
		}
		if err := s.Settle(t.Context(), m.Lease, belfry.Settlement{State: belfry.Sent, At: start}); err != nil {
			t.Fatal(err)
		}
	}
	bytesOf(3)
	read := belfry.Mark{User: "42", Set: belfry.StateChange{Read: new(true)}, IDs: []belfry.ID{pruned}, At: start}
	if _, err := s.Mark(t.Context(), read); err != nil {
		t.Fatal(err)
	}
	later := start.Add(90 * 24 * time.Hour)
	if _, _, err := s.Prune(t.Context(), later, later, 100); err != nil {
		t.Fatal(err)
	}
	bytesOf(2) // unread ones stay
	if err := s.EraseUser(t.Context(), "43"); err != nil {
		t.Fatal(err)
	}
	bytesOf(1)
}
