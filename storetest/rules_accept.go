package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/belfryhq/belfry"
)

func storeRules() []rule {
	return []rule{
		{"answers while open, and refuses everything once closed, twice if asked", func(k *kit) {
			k.ok("ping", k.store.Ping(k.Context()))
			k.ok("close", k.store.Close())
			k.ok("second close", k.store.Close())
			if k.store.Ping(k.Context()) == nil {
				k.Fatal("a closed store answers a ping")
			}
			s := plain(belfry.ToUser("ada"), "late")
			if _, err := k.store.Accept(k.Context(), []belfry.Accept{{Send: &s, At: k.now}}); err == nil {
				k.Fatal("a closed store accepts a send")
			}
			if _, err := k.store.List(k.Context(), belfry.ListQuery{User: "ada", Limit: 1, Now: k.now}); err == nil {
				k.Fatal("a closed store shows a list")
			}
		}},
		{"has an epoch that stands in cursors", func(k *kit) {
			k.tell("ada", "one")
			head := k.head("ada")
			k.same("the cursor's epoch", head.Epoch, k.store.Epoch())
			back, err := belfry.ParseCursor(head.String())
			k.ok("parse the cursor", err)
			k.same("the cursor read back", back, head)
		}},
		{"gives up for a canceled caller", func(k *kit) {
			ctx, cancel := context.WithCancel(k.Context())
			cancel()
			s := plain(belfry.ToUser("ada"), "unwanted")
			_, err := k.store.Accept(ctx, []belfry.Accept{{Send: &s, At: k.now}})
			if !errors.Is(err, context.Canceled) {
				k.Fatalf("accept for a canceled caller: got %v, want context.Canceled", err)
			}
			_, err = k.store.List(ctx, belfry.ListQuery{User: "ada", Limit: 1, Now: k.now})
			if !errors.Is(err, context.Canceled) {
				k.Fatalf("list for a canceled caller: got %v, want context.Canceled", err)
			}
		}},
	}
}

func acceptRules() []rule {
	return []rule{
		{"to one person: an id, a copy, a ring with the whole notification", func(k *kit) {
			out := k.send(plain(belfry.ToUser("ada"), "one"))
			k.same("users", out.Users, []belfry.AcceptedUser{{ID: out.ID, User: "ada"}})
			n := belfry.Notification{ID: out.ID, Category: "order.assigned", Title: "one", CreatedAt: k.now}
			k.same("rings", out.Rings, []belfry.Ring{{
				User: "ada", Change: belfry.Change{Kind: belfry.Created, Seq: 1, Notification: n}, Own: belfry.Counts{Unread: 1, Unseen: 1},
			}})
			k.same("found", k.find("ada", out.ID), n)
			k.shows("ada", belfry.FilterInbox, "one")
			k.counts("ada", 1, 1)
		}},
		{"keeps every field as it was sent", keepsEveryField},
		{"ids are UUIDs of the time of sending, and rise", func(k *kit) {
			a, b := k.send(plain(belfry.ToUser("ada"), "a")).ID, k.send(plain(belfry.ToUser("ada"), "b")).ID
			if !a.Time().Equal(k.now) || !b.Time().Equal(k.now) || a == b {
				k.Fatalf("got ids %v and %v, want two of %v", a, b, k.now)
			}
			if c := k.tell("ada", "c"); c.String() <= a.String() {
				k.Fatalf("the id %v of a later moment sorts before %v", c, a)
			}
		}},
		{"to several: one copy and one ring for each, in their order, and an id for the whole", func(k *kit) {
			out := k.send(plain(belfry.ToUsers("ada", "bob", "cy"), "team"))
			ids := map[belfry.ID]bool{out.ID: true}
			for i, user := range []string{"ada", "bob", "cy"} {
				k.same("user", out.Users[i].User, user)
				k.same("ring's user", out.Rings[i].User, user)
				k.same("ring's seq", out.Rings[i].Change.Seq, int64(1))
				k.same("ring's id", out.Rings[i].Change.Notification.ID, out.Users[i].ID)
				k.same("found", k.find(user, out.Users[i].ID).Title, "team")
				ids[out.Users[i].ID] = true
			}
			k.same("number of different ids", len(ids), 4)
			k.notThere("ada", out.Users[1].ID)
			k.notThere("ada", out.ID)
		}},
		{"many sends in one call: each by itself, in their order", manySendsInOneCall},
		{"one refused send in a call stops no other", func(k *kit) {
			a, b, c := plain(belfry.ToUser("ada"), "a"), plain(belfry.ToUser("ada"), "b"), plain(belfry.ToUser("ada"), "c")
			k.accept(belfry.Accept{Send: &a, IdempotencyKey: "key", Fingerprint: belfry.HashSecret("a")})
			accepts := []belfry.Accept{
				{Send: &b, At: k.now, IdempotencyKey: "key", Fingerprint: belfry.HashSecret("b")},
				{Send: &c, At: k.now},
			}
			out, err := k.store.Accept(k.Context(), accepts)
			k.ok("accept", err)
			k.fails("the refused", out[0].Err, belfry.ErrKeyReused)
			k.ok("the other", out[1].Err)
			k.shows("ada", belfry.FilterInbox, "c", "a")
		}},
		{"user ids are told apart exactly", func(k *kit) {
			users := []string{"a", "A", "a ", "\u00e4", "a\u0308", "1", "01", "%", "_", "'", `"`, "a/b", "日本"}
			for _, user := range users {
				k.tell(user, "for "+user)
			}
			for _, user := range users {
				k.shows(user, belfry.FilterInbox, "for "+user)
			}
		}},
	}
}

func keepsEveryField(k *kit) {
	s := belfry.Send{
		To: belfry.ToUser("ada"), Category: "order.assigned", Title: "Grüße 🔔 \u2028 'quoted' \"twice\" \\ %s", Body: "line\nline\ttab\r\n",
		URL: "/orders/1138?a=1&b=2#c", Data: json.RawMessage(`{"order":1138,"big":12345678901234567890,"deep":{"a":[1,null,true]}}`),
		Actor: &belfry.Actor{ID: "7", Name: "Ada", AvatarURL: "https://example.com/a.png"}, Priority: belfry.High,
		DedupeKey: "order-1138", ExpiresAt: k.now.Add(time.Hour + time.Millisecond),
	}
	own := k.send(s)
	s.To, s.DedupeKey = belfry.ToAll(), ""
	all := k.send(s)
	want := belfry.Notification{
		ID: own.ID, Category: s.Category, Title: s.Title, Body: s.Body, URL: s.URL, Data: s.Data, Actor: s.Actor,
		Priority: s.Priority, CreatedAt: k.now, ExpiresAt: s.ExpiresAt,
	}
	check := func(id belfry.ID, rings []belfry.Ring) {
		k.Helper()
		want.ID = id
		k.same("in the ring", rings[0].Change.Notification, want)
		k.same("found", k.find("ada", id), want)
		k.same("in the receipt", k.receipt(id).Notification, want)
	}
	check(own.ID, own.Rings)
	check(all.ID, all.Rings)
	results := k.page(belfry.ListQuery{User: "ada"}).Results
	items := k.changes("ada", belfry.Cursor{Epoch: k.store.Epoch()}).Items
	for i := range results {
		want.ID = results[i].ID
		k.same("in the list", results[i], want)
		want.ID = items[i].Notification.ID
		k.same("in the log", items[i].Notification, want)
	}
}

func manySendsInOneCall(k *kit) {
	a, b, c, d := plain(belfry.ToUser("ada"), "a"), plain(belfry.ToUsers("bob", "ada"), "b"), plain(belfry.ToAll(), "c"), plain(belfry.ToUser("ada"), "d")
	out, err := k.store.Accept(k.Context(), []belfry.Accept{
		{Send: &a, At: k.now}, {Send: &b, At: k.now.Add(1e6)}, {Send: &c, At: k.now.Add(2e6)}, {Send: &d, At: k.now.Add(3e6)},
	})
	k.ok("accept", err)
	k.tick(time.Second)
	k.shows("ada", belfry.FilterInbox, "d", "c", "b", "a")
	k.shows("bob", belfry.FilterInbox, "c", "b")
	k.same("head", k.head("ada"), belfry.Cursor{Epoch: k.store.Epoch(), Seq: 3, Broadcast: 1})
	k.same("own part after the last", out[3].Rings[0].Own, belfry.Counts{Unread: 3, Unseen: 3})
	k.same("own part after the first", out[0].Rings[0].Own, belfry.Counts{Unread: 1, Unseen: 1})
	none, err := k.store.Accept(k.Context(), nil)
	k.ok("accept nothing", err)
	k.same("results of nothing", len(none), 0)
}

func decideRules() []rule {
	return []rule{
		{"is asked once for each person, who is shown as stored", func(k *kit) {
			ada := belfry.User{ID: "ada", Email: "ada@example.com", Name: "Ada", Locale: "de-AT", Timezone: "Europe/Vienna", Data: json.RawMessage(`{"n":1}`)}
			k.ok("put user", k.store.PutUser(k.Context(), ada))
			k.prefer("ada", muted("chat"))
			type asked struct {
				User        belfry.User
				Preferences belfry.Preferences
			}
			var got []asked
			s := plain(belfry.ToUsers("bob", "ada"), "who")
			k.accept(belfry.Accept{Send: &s, Decide: func(r *belfry.Recipient) belfry.Decision {
				got = append(got, asked{r.User, r.Preferences})
				return belfry.Decision{Inbox: true}
			}})
			k.same("asked", got, []asked{{User: belfry.User{ID: "bob"}}, {User: ada, Preferences: muted("chat")}})
		}},
		{"sees the preferences that an earlier call set", func(k *kit) {
			s := plain(belfry.ToUser("ada"), "quiet?")
			decide := func(r *belfry.Recipient) belfry.Decision {
				return belfry.Decision{Inbox: r.Preferences.Allow("order.assigned", belfry.InApp, belfry.Normal)}
			}
			k.accept(belfry.Accept{Send: &s, Decide: decide})
			k.prefer("ada", muted("order"))
			k.accept(belfry.Accept{Send: &s, Decide: decide})
			k.shows("ada", belfry.FilterInbox, "quiet?")
			k.prefer("ada", nil)
			k.accept(belfry.Accept{Send: &s, Decide: decide})
			k.shows("ada", belfry.FilterInbox, "quiet?", "quiet?")
		}},
		{"never for a broadcast", func(k *kit) {
			s := plain(belfry.ToAll(), "all")
			k.accept(belfry.Accept{Send: &s, Decide: func(*belfry.Recipient) belfry.Decision {
				k.Error("a broadcast asked for a person")
				return belfry.Decision{}
			}})
			k.shows("ada", belfry.FilterInbox, "all")
		}},
		{"a copy that is muted has an id and a receipt, and is in no inbox, count or log", mutedCopy},
		{"deliveries are kept with what they deliver", keepsDeliveries},
	}
}

func mutedCopy(k *kit) {
	before := k.head("bob")
	s := plain(belfry.ToUsers("ada", "bob"), "half")
	out := k.accept(belfry.Accept{Send: &s, Decide: func(r *belfry.Recipient) belfry.Decision {
		skipped := belfry.Delivery{Channel: belfry.InApp, State: belfry.Skipped, Reason: "muted"}
		if r.User.ID == "bob" {
			return belfry.Decision{Deliveries: []belfry.Delivery{skipped}}
		}
		return belfry.Decision{Inbox: true}
	}})
	k.same("number of copies", len(out.Users), 2)
	k.same("number of rings", len(out.Rings), 1)
	bobs := out.Users[1].ID
	k.notThere("bob", bobs)
	k.shows("bob", belfry.FilterAll)
	k.counts("bob", 0, 0)
	k.same("bob's head", k.head("bob"), before)
	k.same("what a mark changes", len(k.read("bob", bobs).Changes), 0)
	r := k.receipt(bobs)
	k.same("receipt's user", r.User, "bob")
	k.same("receipt's delivery", r.Deliveries[0].Reason, "muted")
	k.tell("bob", "next")
	k.same("bob's seq", k.head("bob").Seq, before.Seq+1)
}

func keepsDeliveries(k *kit) {
	mail := belfry.Delivery{
		Channel: belfry.Email, To: "ada@example.com", State: belfry.Captured, Reason: "no mail server is set", MessageID: "<1@x>",
		NextAttemptAt: k.now.Add(time.Minute),
	}
	s := plain(belfry.ToUsers("ada", "bob"), "mail")
	decide := func(*belfry.Recipient) belfry.Decision {
		return belfry.Decision{Inbox: true, Deliveries: []belfry.Delivery{mail, {Channel: belfry.InApp, State: belfry.Sent, SentAt: k.now}}}
	}
	out := k.accept(belfry.Accept{Send: &s, Decide: decide})
	got := k.receipt(out.Users[1].ID).Deliveries
	k.same("number of deliveries of one", len(got), 2)
	k.same("number of deliveries of all", len(k.receipt(out.ID).Deliveries), 4)
	if got[0].ID.IsZero() || got[0].ID == got[1].ID {
		k.Fatalf("deliveries have the ids %v and %v", got[0].ID, got[1].ID)
	}
	want := mail
	want.ID, want.NotificationID, want.User, want.CreatedAt = got[0].ID, out.Users[1].ID, "bob", k.now
	k.same("the delivery", got[0], want)
}
