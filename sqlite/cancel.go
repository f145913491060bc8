package sqlite

import "github.com/belfryhq/belfry"

// Why a mail was taken back.
const (
	reasonRead      = "read before it was sent"
	reasonSeen      = "seen before it was sent"
	reasonRetracted = "retracted"
	reasonExpired   = "expired"
	reasonAgain     = "it is sent again, as somebody asked"
	reasonReplaced  = "replaced"
	reasonMuted     = "switched off by the person before it was sent"
	reasonWidowed   = "the mail that it went with is gone"
)

// notAgain begins the reason of a mail that was to be canceled after its answer was lost.
const notAgain = "the server's answer was lost, and it is not sent again: "

// cancelMails takes back the queued mails of a notification, all or those of a plan.
func (t *tx) cancelMails(n *note, reason string, unless belfry.Unless) error {
	var found []queued
	err := t.query(func(r row) error {
		found = append(found, scanQueued(r))
		return nil
	}, `SELECT `+queuedColumns+` FROM deliveries d INDEXED BY deliveries_notification
		WHERE d.notification_key=?1 AND d.state='queued' AND (?2='' OR d.unless=?2)`, n.key, string(unless))
	if err != nil {
		return err
	}
	return t.cancelAll(found, reason)
}

// cancelMuted takes back the queued mails that a person's preferences do not allow any more.
func (t *tx) cancelMuted(p *person) error {
	if !p.prefs.Mutes(belfry.Email) {
		return nil
	}
	var found []queued
	err := t.query(func(r row) error {
		if m := scanQueued(r[2:]); !p.prefs.Allow(r.text(0), belfry.Email, belfry.Priority(r.int(1))) {
			found = append(found, m)
		}
		return nil
	}, `SELECT n.category, n.priority, `+queuedColumns+` FROM deliveries d INDEXED BY deliveries_user CROSS JOIN notifications n
		ON n.key = d.notification_key WHERE d.uid=? AND d.state='queued' AND n.status NOT IN (?,?)`,
		p.uid, int64(statusDeleted), int64(statusGone))
	if err != nil {
		return err
	}
	return t.cancelAll(found, reasonMuted)
}

// A queued is a mail that may be taken back. held: it is under way, or one of several that go as one, so that it ends as
// that does.
type queued struct {
	key             int64
	committed, held bool
}

const queuedColumns = `d.key, d.committed, d.leased_at IS NOT NULL OR d.folded IS NOT NULL`

func scanQueued(r row) queued { return queued{r.int(0), r.int(1) != 0, r.int(2) != 0} }

func (t *tx) cancelAll(mails []queued, reason string) error {
	for _, m := range mails {
		if err := t.cancelMail(m.key, m.committed, m.held, reason); err != nil {
			return err
		}
	}
	return nil
}

// cancelMail takes a queued mail back. One that may have been accepted is not called canceled: whoever holds its lease
// settles it, and it is not sent again.
func (t *tx) cancelMail(key int64, committed, held bool, reason string) error {
	if committed && held {
		_, err := t.exec(`UPDATE deliveries SET doomed=? WHERE key=?`, reason, key)
		return err
	}
	state := belfry.Canceled
	if committed {
		state, reason = belfry.Ambiguous, notAgain+reason
	}
	_, err := t.exec(`UPDATE deliveries SET state=?, reason=?, next_attempt_at=NULL, due=NULL, leased_at=NULL, doomed=NULL, entry=NULL, fold=0
		WHERE key=?`, string(state), reason, key)
	return err
}
