package storetest

import (
	"encoding/json"
	"time"

	"github.com/belfryhq/belfry"
)

func peopleRules() []rule {
	return []rule{
		{"what is put is returned, all of it, and replaces all of before", func(k *kit) {
			full := belfry.User{ID: "ada", Email: "Ada <ada@example.com>", Name: "Ada", Locale: "de-AT", Timezone: "Europe/Vienna", Data: json.RawMessage(`{"plan":"pro"}`)}
			for _, want := range []belfry.User{full, {ID: "ada", Name: "A."}} {
				k.ok("put user", k.store.PutUser(k.Context(), want))
				got, err := k.store.User(k.Context(), "ada")
				k.ok("user", err)
				k.same("user", got, want)
			}
		}},
		{"putting a person touches neither inbox nor preferences", func(k *kit) {
			k.tell("ada", "own")
			k.prefer("ada", muted("chat"))
			k.ok("put user", k.store.PutUser(k.Context(), belfry.User{ID: "ada", Name: "Ada"}))
			k.shows("ada", belfry.FilterAll, "own")
			p, err := k.store.Preferences(k.Context(), "ada")
			k.ok("preferences", err)
			k.same("preferences", p, muted("chat"))
			k.tell("ada", "next")
			u, err := k.store.User(k.Context(), "ada")
			k.ok("user", err)
			k.same("name", u.Name, "Ada")
		}},
		{"known: by being put, sent to, muted or not, or by setting preferences", func(k *kit) {
			k.tell("sent", "own")
			s := plain(belfry.ToUser("muted"), "muted")
			k.accept(belfry.Accept{Send: &s, Decide: func(*belfry.Recipient) belfry.Decision { return belfry.Decision{} }})
			k.prefer("prefers", muted("chat"))
			for _, user := range []string{"sent", "muted", "prefers"} {
				u, err := k.store.User(k.Context(), user)
				k.ok("user "+user, err)
				k.same("user", u, belfry.User{ID: user})
			}
			k.tellAll("all")
			_, err := k.store.User(k.Context(), "nobody")
			k.fails("user nobody", err, belfry.ErrNotFound)
		}},
		{"preferences are returned as set, replaced whole, and empty at first", func(k *kit) {
			for _, want := range []belfry.Preferences{
				nil,
				{belfry.AnyCategory: {belfry.InApp: true, belfry.Email: false}, "order": {belfry.Email: true}},
				muted("chat"),
				{},
			} {
				if want != nil {
					k.prefer("ada", want)
				}
				got, err := k.store.Preferences(k.Context(), "ada")
				k.ok("preferences", err)
				k.same("preferences", got, want)
			}
			got, err := k.store.Preferences(k.Context(), "bob")
			k.ok("preferences", err)
			k.same("bob's", len(got), 0)
		}},
		{"setting preferences makes no entry", func(k *kit) {
			k.tell("ada", "own")
			head := k.head("ada")
			k.prefer("ada", muted(belfry.AnyCategory))
			k.same("head", k.head("ada"), head)
		}},
	}
}

func (k *kit) erase(user string) {
	k.Helper()
	k.ok("erase user", k.store.EraseUser(k.Context(), user))
}

func eraseRules() []rule {
	return []rule{
		{"everything of the person is gone, and nothing of anybody else's", func(k *kit) {
			k.ok("put user", k.store.PutUser(k.Context(), belfry.User{ID: "ada", Email: "ada@example.com"}))
			k.prefer("ada", muted("chat"))
			own := k.tell("ada", "own")
			team := k.send(plain(belfry.ToUsers("ada", "bob"), "team"))
			ticket := belfry.Ticket{Hash: belfry.HashSecret("t"), User: "ada", ExpiresAt: k.now.Add(time.Minute)}
			k.ok("add ticket", k.store.AddTicket(k.Context(), ticket))
			k.erase("ada")
			_, err := k.store.User(k.Context(), "ada")
			k.fails("user", err, belfry.ErrNotFound)
			p, err := k.store.Preferences(k.Context(), "ada")
			k.ok("preferences", err)
			k.same("preferences", len(p), 0)
			k.shows("ada", belfry.FilterAll)
			k.counts("ada", 0, 0)
			k.noReceipt(own)
			k.noReceipt(team.Users[0].ID)
			_, err = k.store.TakeTicket(k.Context(), ticket.Hash, k.now)
			k.fails("ticket", err, belfry.ErrNotFound)
			k.shows("bob", belfry.FilterAll, "team")
			k.same("rings of the team's retraction", len(k.retract(team.ID)), 1)
		}},
		{"nobody known is not found, and twice neither", func(k *kit) {
			k.tellAll("all")
			k.fails("erase nobody", k.store.EraseUser(k.Context(), "nobody"), belfry.ErrNotFound)
			k.tell("ada", "own")
			k.erase("ada")
			k.fails("erase twice", k.store.EraseUser(k.Context(), "ada"), belfry.ErrNotFound)
		}},
		{"come back: higher numbers, and no cursor from before passes for one of the new log", func(k *kit) {
			var old []belfry.Cursor
			for range 3 {
				k.tell("ada", "before")
				old = append(old, k.head("ada"))
			}
			last := k.head("ada")
			k.erase("ada")
			for _, cursor := range append(old, last) {
				k.same("reset while gone, of "+cursor.String(), k.changes("ada", cursor).Reset, belfry.ResetPruned)
			}
			gone := k.head("ada")
			out := k.send(plain(belfry.ToUser("ada"), "after"))
			if out.Rings[0].Change.Seq <= last.Seq {
				k.Fatalf("the new log's first number is %d, and the old one's last was %d", out.Rings[0].Change.Seq, last.Seq)
			}
			for _, cursor := range append(old, last) {
				k.same("reset after coming back, of "+cursor.String(), k.changes("ada", cursor).Reset, belfry.ResetPruned)
			}
			k.same("titles from the head while gone", titles([]belfry.Notification{k.changes("ada", gone).Items[0].Notification}), []string{"after"})
			k.shows("ada", belfry.FilterAll, "after")
			k.counts("ada", 1, 1)
		}},
		{"others who are not known yet go on from where they are", func(k *kit) {
			start := k.head("bob")
			k.tell("ada", "own")
			k.erase("ada")
			k.same("reset", k.changes("bob", start).Reset, belfry.ResetNone)
			k.tell("bob", "first")
			ch := k.changes("bob", start)
			k.same("reset after bob's first", ch.Reset, belfry.ResetNone)
			k.same("bob's items", len(ch.Items), 1)
			k.same("kind of bob's first", ch.Items[0].Kind, belfry.Created)
		}},
		{"others who are known keep their log and cursors", func(k *kit) {
			start := k.head("bob")
			k.tell("bob", "bob's")
			for range 5 {
				k.tell("ada", "own")
			}
			head := k.head("bob")
			k.erase("ada")
			k.same("bob's head", k.head("bob"), head)
			k.same("bob's items", len(k.changes("bob", start).Items), 1)
			k.same("bob's next", k.send(plain(belfry.ToUser("bob"), "next")).Rings[0].Change.Seq, head.Seq+1)
		}},
		{"broadcasts are there again, untouched, and what was muted no longer is", func(k *kit) {
			first := k.tellAll("first")
			k.read("ada", first)
			k.prefer("ada", muted("order"))
			k.tellAll("second")
			k.erase("ada")
			k.shows("ada", belfry.FilterUnread, "second", "first")
			k.counts("ada", 2, 2)
			k.tell("ada", "own")
			k.shows("ada", belfry.FilterUnread, "own", "second", "first")
			k.counts("ada", 3, 3)
			k.retract(first)
			k.counts("ada", 2, 2)
		}},
		{"a dedupe key starts anew", func(k *kit) {
			id := k.send(keyed("ada", "old", "k")).ID
			k.erase("ada")
			if k.send(keyed("ada", "new", "k")).ID == id {
				k.Fatal("the erased notification's id came back")
			}
			k.shows("ada", belfry.FilterAll, "new")
		}},
	}
}
