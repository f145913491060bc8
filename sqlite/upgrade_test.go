package sqlite_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"github.com/belfryhq/belfry"
)

// version1 makes a file as the first release left it, with a person, a notification in the inbox and one of a mail that
// was captured, and returns their ids.
func version1(t *testing.T, path string) (notification, delivery belfry.ID) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, os.DirFS("migrations"), goose.WithDisableGlobalRegistry(true))
	if err == nil {
		_, err = p.UpTo(t.Context(), 1)
	}
	if err != nil {
		t.Fatal(err)
	}
	at := start.UnixMilli()
	key := at << 12
	for _, stmt := range []string{
		`UPDATE meta SET epoch='abcd0123'`,
		`INSERT INTO users VALUES (1, '42', 1, 0, 1, 1, NULL, NULL, 0, 'ada@example.com', 'Ada', '', '', NULL)`,
		`INSERT INTO notifications VALUES (?1, 7, 1, 1, NULL, 0, 'order.assigned', 'old', '', '', NULL, NULL, 1, ?2,
			NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`,
		`INSERT INTO keys VALUES ('shop', zeroblob(32), ?2)`,
		`INSERT INTO deliveries VALUES (?1+1, 8, ?1, 1, 'email', 'ada@example.com', 'captured', 'no mail server is set', '', ?2, NULL, NULL, NULL)`,
	} {
		if _, err := db.ExecContext(t.Context(), stmt, key, at); err != nil {
			t.Fatalf("%s: %v", stmt, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return belfry.NewID(start, 0, 7), belfry.NewID(start, 1, 8)
}

func TestUpgrade(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "belfry.db")
	notification, delivery := version1(t, path)
	s := openFile(t, path)
	if page := list(t, s, "42"); len(page.Results) != 1 || page.Results[0].ID != notification || page.Cursor.Epoch != "abcd0123" {
		t.Fatalf("the inbox is %+v", page)
	}
	got, _, err := s.Delivery(t.Context(), delivery)
	want := belfry.Delivery{
		ID: delivery, NotificationID: notification, User: "42", Channel: belfry.Email, To: "ada@example.com", State: belfry.Captured,
		Reason: "no mail server is set", CreatedAt: start,
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Fatalf("the delivery differs (-want +got): %v\n%s", err, diff)
	}

	// A key of the first release could do everything, and still can.
	keys, err := s.Keys(t.Context())
	if diff := cmp.Diff([]belfry.Key{{Name: "shop", Scopes: belfry.ScopeAdmin, CreatedAt: start}}, keys); err != nil || diff != "" {
		t.Errorf("the keys differ (-want +got): %v\n%s", err, diff)
	}

	// What was captured by the first release can be sent by this one, and is taken back with its notification.
	if _, err := s.Retry(t.Context(), delivery, start); err != nil {
		t.Fatal(err)
	}
	mails, _, err := s.Claim(t.Context(), belfry.ClaimQuery{Order: everyMailClass(), Limit: 1, Now: start, Lease: time.Minute})
	if err != nil || len(mails) != 1 || mails[0].Delivery.ID != delivery || mails[0].Notification.ID != notification {
		t.Fatalf("claimed %+v, %v", mails, err)
	}
	if _, err := s.Retract(t.Context(), notification, start); err != nil {
		t.Fatal(err)
	}
	if got, _, err := s.Delivery(t.Context(), delivery); err != nil || got.State != belfry.Canceled {
		t.Fatalf("the mail of what was retracted is %s, %v", got.State, err)
	}
}
