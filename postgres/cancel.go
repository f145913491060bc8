package postgres

import (
	"context"

	"github.com/belfryhq/belfry"
)

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

// held says that a mail is under way, or one of several that go as one, so that it ends as that does.
const held = `(leased_at IS NOT NULL OR folded IS NOT NULL)`

// setCanceled takes queued mails back, for the reason $1, and $2 is notAgain. One that may have been accepted is not called
// canceled: whoever holds its lease settles it, and it is not sent again.
const setCanceled = `UPDATE belfry.deliveries SET
	doomed = CASE WHEN committed AND ` + held + ` THEN $1::text END,
	state = CASE WHEN NOT committed THEN 'canceled' WHEN ` + held + ` THEN state ELSE 'ambiguous' END,
	reason = CASE WHEN NOT committed THEN $1::text WHEN ` + held + ` THEN reason ELSE $2::text || $1::text END,
	next_attempt_at = CASE WHEN committed AND ` + held + ` THEN next_attempt_at END,
	due = CASE WHEN committed AND ` + held + ` THEN due END,
	entry = CASE WHEN committed AND ` + held + ` THEN entry END,
	fold = fold AND committed AND ` + held + `,
	leased_at = CASE WHEN committed THEN leased_at END
	WHERE state='queued' AND `

// cancelMails takes back the queued mails of a notification, all or those of a plan. Whoever is at one of them at this
// moment goes first.
func (t *tx) cancelMails(id belfry.ID, reason string, unless belfry.Unless) {
	t.queue(setCanceled+`notification_id=$3 AND ($4::text='' OR unless=$4)`, reason, notAgain, key(id), string(unless))
}

// cancelMuted takes back the queued mails that preferences do not allow any more.
func (t *tx) cancelMuted(ctx context.Context, p *person, prefs belfry.Preferences) error {
	if !prefs.Mutes(belfry.Email) {
		return nil
	}
	var found [][16]byte
	err := t.query(ctx, func(r row) error {
		if !prefs.Allow(r.text(1), belfry.Email, belfry.Priority(r.int(2))) {
			found = append(found, r.id(0))
		}
		return nil
	}, `SELECT d.id, n.category, n.priority FROM belfry.deliveries d JOIN belfry.notifications n ON n.id = d.notification_id
		WHERE d.uid=$1 AND d.state='queued' AND n.status NOT IN (8, 10)`, p.uid)
	if len(found) > 0 {
		t.queue(setCanceled+`id = ANY($3)`, reasonMuted, notAgain, found)
	}
	return err
}
