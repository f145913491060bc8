package crashtest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/pgtest"
)

// TestClocks: nodes whose clocks are five minutes off the database's go by that: of what is due and of what it is called.
// Here it is the database's clock that is moved, for a process's own cannot be; to the nodes it is the same.
func TestClocks(t *testing.T) {
	t.Parallel()
	for _, by := range []time.Duration{5 * time.Minute, -5 * time.Minute} {
		t.Run(by.String(), func(t *testing.T) {
			t.Parallel()
			w := newWard(t, false, func(s *pgtest.Server) string {
				if _, err := s.SQL("postgres", `CREATE SCHEMA elsewhen; CREATE FUNCTION elsewhen.clock_timestamp() RETURNS timestamptz
					LANGUAGE sql VOLATILE AS $$ SELECT pg_catalog.clock_timestamp() + interval '`+fmt.Sprint(int(by.Seconds()))+` seconds' $$`); err != nil {
					t.Fatal(err)
				}
				return s.URL("postgres") + "&search_path=elsewhen,pg_catalog,public"
			})
			body := []byte(`{"to":"ada","category":"order","title":"x","channels":["in_app","email"],"email":{"to":"ada@example.org"}}`)
			status, answer, err := w.nodes[0].call(t.Context(), http.MethodPost, "/api/v1/notifications/", apiKey, body, "Content-Type", "application/json")
			if err != nil || status != http.StatusCreated {
				t.Fatalf("send: %d %s %v", status, answer, err)
			}
			near := func(what string, at time.Time) {
				if off := time.Until(at) - by; off.Abs() > time.Minute {
					t.Errorf("%s is %v off the database's clock", what, off)
				}
			}
			var page struct {
				Results []struct {
					State     string    `json:"state"`
					CreatedAt time.Time `json:"created_at"`
				} `json:"results"`
			}
			eventually(t, "the mail to be dealt with", patience, func() string {
				_, answer, err := w.nodes[1].call(t.Context(), http.MethodGet, "/api/v1/deliveries/?channel=email", apiKey, nil)
				if err == nil {
					err = json.Unmarshal(answer, &page)
				}
				return unless(err == nil && len(page.Results) == 1 && page.Results[0].State == "captured", "%s, %v", answer, err)
			})
			near("the mail", page.Results[0].CreatedAt)
			status, answer, err = w.nodes[2].call(t.Context(), http.MethodPost, "/api/v1/users/ada/tickets/", apiKey, nil)
			var ticket struct {
				Ticket    string    `json:"ticket"`
				ExpiresAt time.Time `json:"expires_at"`
			}
			if err == nil {
				err = json.Unmarshal(answer, &ticket)
			}
			if err != nil || status != http.StatusCreated {
				t.Fatalf("ticket: %d %s %v", status, answer, err)
			}
			near("the ticket's end", ticket.ExpiresAt.Add(-time.Minute))
			status, answer, err = w.nodes[0].call(t.Context(), http.MethodGet, "/api/v1/notifications/counts/?ticket="+ticket.Ticket, "", nil)
			if err != nil || status != http.StatusOK || !strings.Contains(string(answer), `"unread":1`) {
				t.Errorf("with the ticket of another node: %d %s %v", status, answer, err)
			}
			if said := w.nodes[0].Output.String(); !strings.Contains(said, "clock differs") {
				t.Errorf("it does not warn of its clock:\n%s", said)
			}
		})
	}
}
