package sqlite_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/belfryhq/belfry"
)

// A person of whom much is stored is read anew for each transaction, and must be the same one.
func TestAPersonOfWhomMuchIsStored(t *testing.T) {
	t.Parallel()
	s := open(t)
	want := belfry.User{ID: "42", Email: "ada@example.org", Data: json.RawMessage(`{"about":"` + strings.Repeat("x", 100_000) + `"}`)}
	if err := s.PutUser(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		a := send(belfry.ToUser("42"), fmt.Sprint(i))
		a.Decide = func(r *belfry.Recipient) belfry.Decision {
			if r.User.Email != want.Email || string(r.User.Data) != string(want.Data) {
				t.Errorf("the %dth send was decided for %.40v", i, r.User)
			}
			return belfry.Decision{Inbox: true}
		}
		accept(t, s, a, send(belfry.ToUser("42"), "with it"))
	}
	wantRows(t, s, 40)
}

// Those who were sent to first are no longer remembered when they are sent to again.
func TestMorePeopleThanAreRemembered(t *testing.T) {
	t.Parallel()
	s := open(t)
	const people, each = 20_000, 1000
	for from := 0; from < people; from += each {
		users := make([]string, each)
		for i := range users {
			users[i] = person(from + i)
		}
		accept(t, s, send(belfry.ToUsers(users...), "to many"))
	}
	for i := 0; i < people; i += 997 {
		accept(t, s, send(belfry.ToUser(person(i)), "again"))
		if page := list(t, s, person(i)); len(page.Results) != 2 || page.Counts.Unread != 2 || page.Cursor.Seq != 2 {
			t.Errorf("%s has %d rows, %+v, %s", person(i), len(page.Results), page.Counts, page.Cursor)
		}
	}
}
