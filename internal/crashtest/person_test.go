package crashtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// A person has an inbox.
type person struct {
	id, token string
}

func newPerson(id string) *person {
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": id, "exp": time.Now().Add(24 * time.Hour).Unix()})
	return &person{id: id, token: must(token.SignedString([]byte(jwtSecret)))}
}

// A row is a notification as a list and a stream have it.
type row struct {
	ID         string  `json:"id"`
	Title      string  `json:"title"`
	SeenAt     *string `json:"seen_at"`
	ReadAt     *string `json:"read_at"`
	ArchivedAt *string `json:"archived_at"`

	text string // as it came
}

// UnmarshalJSON implements json.Unmarshaler.
func (r *row) UnmarshalJSON(b []byte) error {
	type plain row
	r.text = string(b)
	return json.Unmarshal(b, (*plain)(r))
}

// badge is what the bell shows.
type badge struct {
	Unread int64 `json:"unread"`
	Unseen int64 `json:"unseen"`
}

// An inbox is everything that a person has, newest first.
type inbox struct {
	rows   []row
	cursor string
	badge  badge // as the first page has it
	asked  badge // as the counts' own address has it
}

// inbox reads all pages. Nobody may be writing.
func (w *person) inbox(ctx context.Context, t *testing.T, p *process) inbox {
	t.Helper()
	var box inbox
	before := ""
	for {
		var page struct {
			Results []row
			Next    *string
			Cursor  string
			badge
		}
		query := url.Values{"state": {"all"}, "limit": {"100"}}
		if before != "" {
			query.Set("before", before)
		}
		w.get(ctx, t, p, sendPath+"?"+query.Encode(), &page)
		if before == "" {
			box.cursor, box.badge = page.Cursor, page.badge
		} else if page.Cursor != box.cursor {
			t.Errorf("%s: the cursor went from %s to %s while nobody wrote", w.id, box.cursor, page.Cursor)
		}
		box.rows = append(box.rows, page.Results...)
		if page.Next == nil {
			break
		}
		before = *page.Next
	}
	w.get(ctx, t, p, sendPath+"counts/", &box.asked)
	return box
}

func (w *person) get(ctx context.Context, t *testing.T, p *process, path string, into any) {
	t.Helper()
	status, text, err := p.call(ctx, http.MethodGet, path, w.token, nil)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("%d %s", status, text)
	}
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatalf("%s: GET %s: %v\n%s", w.id, path, err, p.Output)
	}
}

func readAll(answer *http.Response) ([]byte, error) { return io.ReadAll(answer.Body) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
