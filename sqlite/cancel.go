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
)

// notAgain begins the reason of a mail that was to be canceled after its answer was lost.
const notAgain = "the server's answer was lost, and it is not sent again: "

// cancelMails takes back the queued mails of a notification, all or those of a plan.
func (t *tx) cancelMails(n *note, reason string, unless belfry.Unless) error {
	type mail struct {
		key               int64
		committed, leased bool
	}
	var found []mail
	err := t.query(func(r row) error {
		found = append(found, mail{r.int(0), r.int(1) != 0, !r.null(2)})
		return nil
	}, `SELECT key, committed, leased_at FROM deliveries INDEXED BY deliveries_notification
		WHERE notification_key=?1 AND state='queued' AND (?2='' OR unless=?2)`, n.key, string(unless))
	if err != nil {
		return err
	}
	for _, m := range found {
		if err := t.cancelMail(m.key, m.committed, m.leased, reason); err != nil {
			return err
		}
	}
	return nil
}

// cancelMail takes a queued mail back. One that may have been accepted is not called canceled: whoever holds its lease
// settles it, and it is not sent again.
func (t *tx) cancelMail(key int64, committed, leased bool, reason string) error {
	if committed && leased {
		_, err := t.exec(`UPDATE deliveries SET doomed=? WHERE key=?`, reason, key)
		return err
	}
	state := belfry.Canceled
	if committed {
		state, reason = belfry.Ambiguous, notAgain+reason
	}
	_, err := t.exec(`UPDATE deliveries SET state=?, reason=?, next_attempt_at=NULL, due=NULL, leased_at=NULL, doomed=NULL, entry=NULL
		WHERE key=?`, string(state), reason, key)
	return err
}
