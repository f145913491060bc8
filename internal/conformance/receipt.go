package conformance

import (
	"net/http"
)

const unknownID = "019b0000-0000-7000-8000-000000000000"

// A receipt is one notification with its deliveries.
type receipt struct {
	note
	rest
}

type rest struct {
	User       *string `json:"user_id"`
	Deliveries []struct{ Channel, State, Reason string }
}

func (t *T) receipt(id string) (receipt, obj) {
	a := t.app(http.MethodGet, notificationPath(id), nil).is(http.StatusOK)
	var r receipt
	a.into(&r.note)
	a.into(&r.rest)
	return r, a.object()
}

func receiptCases() []Case {
	return []Case{
		{Name: "receipt: has the notification, its person and its deliveries", Run: receiptShape},
		{Name: "receipt: an email without an address is skipped with a reason", Run: func(t *T) {
			p := t.person()
			r, _ := t.receipt(p.send("A", obj{"channels": []string{"in_app", "email"}}))
			state, reason := r.delivery("email")
			equal(t, "state", "skipped", state)
			if reason == "" {
				t.Errorf("a skipped delivery says why")
			}
		}},
		{Name: "receipt: an email with an address is on its way or kept", Run: func(t *T) {
			p := t.person()
			r, _ := t.receipt(p.send("A", obj{"channels": []string{"email"}, "email": obj{"to": "conformance@shop.invalid"}}))
			switch state, _ := r.delivery("email"); state {
			case "captured", "queued", "sent", "failed", "ambiguous":
			default:
				t.Errorf("state: got %q", state)
			}
			p.wantCounts(0, 0)
		}},
		{Name: "receipt: an unknown id is a 404", Run: func(t *T) { t.app(http.MethodGet, notificationPath(unknownID), nil).is(http.StatusNotFound) }},
		{Name: "receipt: an id that is none is refused", Run: func(t *T) {
			for _, id := range []string{"42", "019b0000-0000-7000-8000-00000000000", "%00", "../x", "null"} {
				t.app(http.MethodGet, notificationPath(id), nil).is(http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusBadRequest)
			}
		}},
		{Name: "retract: it is gone from the list, the counts and the receipts", Run: retract},
		{Name: "retract: streams tell it with the id", Run: func(t *T) {
			p := t.person()
			l := p.listen("", nil)
			id := p.send("A", nil)
			l.wantNote("message", id)
			t.app(http.MethodDelete, notificationPath(id), nil).is(http.StatusNoContent)
			e := l.want("delete")
			exactly(t, "data of delete", e.data, "id")
			equal(t, "id", id, e.text("id"))
			l.wantCounts(p.base, 0, 0)
		}},
		{Name: "retract: twice is a 404", Run: func(t *T) {
			id := t.person().send("A", nil)
			t.app(http.MethodDelete, notificationPath(id), nil).is(http.StatusNoContent)
			t.app(http.MethodDelete, notificationPath(id), nil).is(http.StatusNotFound)
		}},
		{Name: "retract: what was read and archived goes too", Run: func(t *T) {
			p := t.person()
			id := p.send("A", nil)
			p.patch(id, obj{"read": true, "archived": true})
			t.app(http.MethodDelete, notificationPath(id), nil).is(http.StatusNoContent)
			equal(t, "rows", 0, len(p.ids("state=all")))
		}},
		{Name: "retract: by the id of a send to several, for all of them", Run: retractSeveral},
		{Name: "retract: by one person's id, for them alone", Run: func(t *T) {
			p, q := t.person(), t.person()
			id := p.send("A", obj{"to": []string{p.id, q.id}})
			t.app(http.MethodDelete, notificationPath(id), nil).is(http.StatusNoContent)
			p.wantCounts(0, 0)
			q.wantCounts(1, 1)
		}},
		{Name: "retract: an unknown id is a 404", Run: func(t *T) { t.app(http.MethodDelete, notificationPath(unknownID), nil).is(http.StatusNotFound) }},
	}
}

func (r receipt) delivery(channel string) (state, reason string) {
	for _, d := range r.Deliveries {
		if d.Channel == channel {
			return d.State, d.Reason
		}
	}
	return "", ""
}

func receiptShape(t *T) {
	p := t.person()
	id := p.send("A", obj{"body": "B"})
	r, o := t.receipt(id)
	exactly(t, "a receipt", o, "id", "category", "title", "body", "url", "data", "actor", "priority", "created_at", "seen_at", "read_at", "archived_at", "expires_at", "user_id", "deliveries")
	equal(t, "id", id, r.ID)
	equal(t, "body", "B", r.Body)
	if r.User == nil || *r.User != p.id {
		t.Errorf("user_id: want %q, got %v", p.id, r.User)
	}
	state, _ := r.delivery("in_app")
	equal(t, "state of the in_app delivery", "sent", state)
	list, _ := o["deliveries"].([]any)
	for _, d := range list {
		delivery, _ := d.(obj)
		exactly(t, "a delivery", delivery, "id", "notification_id", "user_id", "channel", "to", "state", "reason", "message_id", "created_at", "sent_at", "next_attempt_at", "attempts")
		equal(t, "notification_id", any(id), delivery["notification_id"])
	}
}

func retract(t *T) {
	p := t.person()
	id, other := p.send("A", nil), p.send("B", nil)
	t.app(http.MethodDelete, notificationPath(id), nil).is(http.StatusNoContent)
	if ids := p.ids("state=all"); len(ids) != 1 || ids[0] != other {
		t.Errorf("list: want only %s, got %v", other, ids)
	}
	p.wantCounts(1, 1)
	t.app(http.MethodGet, notificationPath(id), nil).is(http.StatusNotFound)
	p.call(http.MethodPatch, notificationPath(id), obj{"read": true}).is(http.StatusNotFound)
}

func retractSeveral(t *T) {
	p, q := t.person(), t.person()
	l := q.listen("", nil)
	var s sent
	t.app(http.MethodPost, notificationsPath, p.body("A", obj{"to": []string{p.id, q.id}})).is(http.StatusCreated).into(&s)
	l.want("message")
	t.app(http.MethodDelete, notificationPath(s.ID), nil).is(http.StatusNoContent)
	equal(t, "id of delete", s.Notifications[1].ID, l.want("delete").text("id"))
	p.wantCounts(0, 0)
	q.wantCounts(0, 0)
	t.app(http.MethodGet, notificationPath(s.ID), nil).is(http.StatusNotFound)
}
