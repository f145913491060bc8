package postgres

import (
	"encoding/json"
	"time"

	"github.com/belfryhq/belfry"
)

// A noteRow is what of a row of notifications is one person's.
type noteRow struct {
	id     belfry.ID
	uid    int64
	seq    int64
	status status
	dedupe string
	mail   bool
}

// noteRows are rows to insert into notifications, column by column: one statement takes them all.
type noteRows struct {
	id                         [][16]byte
	uid                        []int64
	seq, expires               []*int64
	status, priority           []int16
	category, title, body, url []string
	data, actor, dedupe        []*string
	created                    []int64
	send                       []*[16]byte
	mail                       []bool
}

func (r *noteRows) add(s *sending, n *noteRow) {
	r.id, r.uid, r.seq, r.status = append(r.id, n.id), append(r.uid, n.uid), append(r.seq, orNull(n.seq)), append(r.status, int16(n.status))
	r.priority, r.category = append(r.priority, int16(s.Send.Priority)), append(r.category, s.Send.Category)
	r.title, r.body, r.url = append(r.title, s.Send.Title), append(r.body, s.Send.Body), append(r.url, s.Send.URL)
	r.data, r.actor, r.created = append(r.data, s.data), append(r.actor, s.actor), append(r.created, s.at)
	r.expires, r.dedupe = append(r.expires, milli(s.Send.ExpiresAt)), append(r.dedupe, orNull(n.dedupe))
	r.send, r.mail = append(r.send, keyOrNull(s.id)), append(r.mail, n.mail)
}

// write queues the rows, and begins anew.
func (r *noteRows) write(l *link) {
	if len(r.id) == 0 {
		return
	}
	l.queue(`INSERT INTO belfry.notifications (id, uid, seq, status, priority, category, title, body, url, data, actor, created_at,
		expires_at, dedupe_key, send_id, mail)
		SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::smallint[], $5::smallint[], $6::text[], $7::text[], $8::text[],
		$9::text[], $10::text[], $11::text[], $12::bigint[], $13::bigint[], $14::text[], $15::uuid[], $16::boolean[])`,
		r.id, r.uid, r.seq, r.status, r.priority, r.category, r.title, r.body, r.url, r.data, r.actor, r.created, r.expires,
		r.dedupe, r.send, r.mail)
	*r = noteRows{}
}

// deliveryRows are rows to insert into deliveries and messages.
type deliveryRows struct {
	id, notification                           [][16]byte
	uid, created                               []int64
	channel, recipient, state, reason, message []string
	unless, thread, account                    []string
	sent, next, giveUp, life, due              []*int64
	attempts                                   []*string
	class                                      []int16
	tries                                      []int32
	once                                       []bool
	contentOf                                  [][16]byte
	content                                    []string
}

// add records a delivery of a notification, and queues it when it is a mail that is to be sent.
func (r *deliveryRows) add(id belfry.ID, d *belfry.Delivery, notification belfry.ID, p *person, at time.Time) error {
	attempts, err := attemptsJSON(d.Attempts)
	if err != nil {
		return err
	}
	var plan belfry.MailPlan
	if d.Plan != nil {
		plan = *d.Plan
	}
	var life, due *int64
	if !plan.GiveUpAt.IsZero() {
		life = new(plan.GiveUpAt.UnixMilli() - at.UnixMilli())
	}
	if d.State == belfry.Queued {
		due = new(d.NextAttemptAt.UnixMilli())
	}
	r.id, r.notification, r.uid = append(r.id, id), append(r.notification, notification), append(r.uid, p.uid)
	r.channel, r.recipient, r.state = append(r.channel, string(d.Channel)), append(r.recipient, d.To), append(r.state, string(d.State))
	r.reason, r.message, r.created = append(r.reason, clean(d.Reason)), append(r.message, clean(d.MessageID)), append(r.created, at.UnixMilli())
	r.sent, r.next, r.attempts = append(r.sent, milli(d.SentAt)), append(r.next, milli(d.NextAttemptAt)), append(r.attempts, attempts)
	r.class, r.unless, r.once = append(r.class, int16(plan.Class)), append(r.unless, string(plan.Unless)), append(r.once, plan.AtMostOnce)
	r.giveUp, r.life, r.thread = append(r.giveUp, milli(plan.GiveUpAt)), append(r.life, life), append(r.thread, plan.Thread)
	r.tries, r.account, r.due = append(r.tries, int32(d.Tries)), append(r.account, d.Account), append(r.due, due)
	if plan.Content == nil {
		return nil
	}
	content, err := json.Marshal(plan.Content)
	r.contentOf, r.content = append(r.contentOf, id), append(r.content, string(content))
	return err
}

// write queues the rows, and begins anew.
func (r *deliveryRows) write(l *link) {
	if len(r.id) == 0 {
		return
	}
	l.queue(`INSERT INTO belfry.deliveries (id, notification_id, uid, channel, recipient, state, reason, message_id, created_at, sent_at,
		next_attempt_at, attempts, class, unless, at_most_once, give_up_at, life, thread, tries, account, due)
		SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[],
		$10::bigint[], $11::bigint[], $12::text[], $13::smallint[], $14::text[], $15::boolean[], $16::bigint[], $17::bigint[], $18::text[],
		$19::integer[], $20::text[], $21::bigint[])`,
		r.id, r.notification, r.uid, r.channel, r.recipient, r.state, r.reason, r.message, r.created, r.sent, r.next, r.attempts,
		r.class, r.unless, r.once, r.giveUp, r.life, r.thread, r.tries, r.account, r.due)
	if len(r.content) > 0 {
		l.queue(`INSERT INTO belfry.messages (id, content) SELECT * FROM unnest($1::uuid[], $2::text[])`, r.contentOf, r.content)
	}
	*r = deliveryRows{}
}

// hasMail tells for notifications.mail.
func hasMail(deliveries []belfry.Delivery) bool {
	for i := range deliveries {
		if deliveries[i].Channel == belfry.Email {
			return true
		}
	}
	return false
}

func attemptsJSON(attempts []belfry.Attempt) (*string, error) {
	if len(attempts) == 0 {
		return nil, nil
	}
	b, err := json.Marshal(attempts)
	return new(string(b)), err
}
