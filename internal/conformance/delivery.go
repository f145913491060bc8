package conformance

import (
	"net/http"
	"slices"
	"strings"
)

const deliveriesPath = "/api/v1/deliveries/"

// A delivery is one row of the mail log.
type delivery struct {
	ID             string
	NotificationID string  `json:"notification_id"`
	User           *string `json:"user_id"`
	Channel        string
	To             string
	State          string
	Reason         string
}

func deliveryMembers() []string {
	return []string{
		"id", "notification_id", "user_id", "channel", "to", "state", "reason", "message_id", "created_at", "sent_at", "next_attempt_at", "attempts",
	}
}

// deliveries are the person's; query is like "state=skipped".
func (p *person) deliveries(query string) (list []delivery, next *string) {
	var page struct {
		Results []delivery
		Next    *string
	}
	p.t.app(http.MethodGet, deliveriesPath+"?user_id="+p.id+"&"+query, nil).is(http.StatusOK).into(&page)
	return page.Results, page.Next
}

// unreached sends a mail to nowhere: it is skipped, whatever server stands behind.
func (p *person) unreached() (notification string) {
	return p.send("A", obj{"channels": []string{"email"}})
}

func deliveryCases() []Case {
	return []Case{
		{Name: "delivery: the log of a new person is empty, not null", Run: func(t *T) {
			o := t.app(http.MethodGet, deliveriesPath+"?user_id="+t.stranger().id, nil).is(http.StatusOK).object("results", "next")
			equal(t, "results", "[]", bodyText(o["results"]))
			equal(t, "next", any(nil), o["next"])
		}},
		{Name: "delivery: what went to an inbox is not in the log", Run: func(t *T) {
			p := t.person()
			p.send("A", nil)
			list, _ := p.deliveries("")
			equal(t, "deliveries", 0, len(list))
		}},
		{Name: "delivery: a mail to nowhere is in the log, with its reason", Run: func(t *T) {
			p := t.person()
			id := p.unreached()
			list, _ := p.deliveries("channel=email&state=skipped")
			if len(list) != 1 || list[0].NotificationID != id || list[0].User == nil || *list[0].User != p.id || list[0].Reason == "" {
				t.Fatalf("want the one mail of %s with a reason, got %+v", id, list)
			}
			one := t.app(http.MethodGet, deliveriesPath+list[0].ID+"/", nil).is(http.StatusOK).object(deliveryMembers()...)
			equal(t, "state", any("skipped"), one["state"])
			t.app(http.MethodGet, deliveriesPath+list[0].ID+"/message/", nil).is(http.StatusNotFound)
		}},
		{Name: "delivery: a mail goes to the bare address", Run: func(t *T) {
			p := t.person()
			p.send("A", obj{"channels": []string{"email"}, "email": obj{"to": "Ada Lovelace <ada@shop.invalid>"}})
			list, _ := p.deliveries("channel=email")
			if len(list) != 1 || list[0].To != "ada@shop.invalid" || list[0].State == "skipped" {
				t.Errorf("want one mail to ada@shop.invalid, got %+v", list)
			}
		}},
		{Name: "delivery: newest first, a page at a time", Run: walkDeliveries},
		{Name: "delivery: lists show only what was asked for", Run: func(t *T) {
			p := t.person()
			p.unreached()
			for query, want := range map[string]int{
				"": 1, "channel=email": 1, "channel=in_app": 0, "state=skipped": 1, "state=sent": 0, "state=skipped&channel=in_app": 0,
			} {
				list, _ := p.deliveries(query)
				equal(t, "with "+query, want, len(list))
			}
		}},
		{Name: "delivery: a bad query is a 422 that names it", Run: func(t *T) {
			for query, field := range map[string]string{
				"state=gone": "state", "channel=pigeon": "channel", "limit=0": "limit", "limit=201": "limit", "after=7": "after", "before=x": "before",
			} {
				t.app(http.MethodGet, deliveriesPath+"?"+query, nil).blames(field)
			}
		}},
		{Name: "delivery: an unknown id is a 404", Run: func(t *T) {
			for _, id := range []string{unknownID, "7", "%00"} {
				t.app(http.MethodGet, deliveriesPath+id+"/", nil).is(http.StatusNotFound)
				t.app(http.MethodGet, deliveriesPath+id+"/message/", nil).is(http.StatusNotFound)
				t.app(http.MethodPost, deliveriesPath+id+"/retry/", nil).is(http.StatusNotFound)
			}
		}},
		{Name: "delivery: a mail without an address is not sent again", Run: func(t *T) {
			p := t.person()
			p.unreached()
			list, _ := p.deliveries("")
			t.app(http.MethodPost, deliveriesPath+list[0].ID+"/retry/", nil).is(http.StatusConflict)
		}},
		{Name: "delivery: it goes with the person who is erased", Run: func(t *T) {
			p := t.person()
			p.unreached()
			list, _ := p.deliveries("")
			t.app(http.MethodDelete, userPath(p.id), nil).is(http.StatusNoContent)
			t.app(http.MethodGet, deliveriesPath+list[0].ID+"/", nil).is(http.StatusNotFound)
		}},
	}
}

func walkDeliveries(t *T) {
	p := t.person()
	var want, got []string
	for range 5 {
		want = append(want, p.unreached())
	}
	slices.Reverse(want)
	for after := ""; ; {
		list, next := p.deliveries("limit=2&after=" + after)
		for _, d := range list {
			got = append(got, d.NotificationID)
		}
		if next == nil {
			break
		}
		if after = *next; len(got) > len(want) {
			t.Fatalf("the list does not end")
		}
	}
	equal(t, "deliveries", strings.Join(want, " "), strings.Join(got, " "))
}
