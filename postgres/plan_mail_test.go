package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/postgres"
)

// claim leases one mail.
func claim(ctx context.Context, s *postgres.Store, now time.Time) (belfry.Mail, error) {
	mails, _, err := s.Claim(ctx, belfry.ClaimQuery{
		Order: []belfry.MailClass{belfry.Urgent, belfry.Transactional, belfry.Bulk}, Limit: 1, Now: now, Lease: time.Minute,
	})
	if err == nil && len(mails) != 1 {
		err = fmt.Errorf("%d mails are claimed", len(mails))
	}
	if err != nil {
		return belfry.Mail{}, err
	}
	return mails[0], nil
}

func mailQuestions() []question {
	deliveries := func(q belfry.DeliveryQuery) func(context.Context, *postgres.Store) error {
		q.Limit = 50
		return func(ctx context.Context, s *postgres.Store) error { return ignore(s.Deliveries(ctx, q)) }
	}
	return []question{
		{"a mail on its way", func(ctx context.Context, s *postgres.Store) error {
			m, err := claim(ctx, s, start)
			if err != nil {
				return err
			}
			return errors.Join(s.Prepare(ctx, m.Lease, "<id@example.com>", []byte("mail")), s.Commit(ctx, m.Lease, "account"),
				s.Settle(ctx, m.Lease, belfry.Settlement{State: belfry.Sent, At: start, Account: "account"}))
		}, "deliveries_due deliveries_pkey deliveries_state mails_sent_pkey messages_pkey notifications_pkey suppressions_pkey users_pkey", 0},
		{"a mail that waits and goes with others", func(ctx context.Context, s *postgres.Store) error {
			m, err := claim(ctx, s, start)
			if err != nil {
				return err
			}
			err = s.Settle(ctx, m.Lease, belfry.Settlement{State: belfry.Queued, NextAttemptAt: start.Add(-2 * time.Hour), Fold: true, Uncommitted: true})
			if err != nil {
				return err
			}
			again, err := claim(ctx, s, start)
			return errors.Join(err, s.Settle(ctx, again.Lease, belfry.Settlement{State: belfry.Failed, At: start}))
		}, "deliveries_due deliveries_pkey deliveries_state messages_pkey notifications_pkey suppressions_pkey users_pkey", 0},
		{"deliveries", deliveries(belfry.DeliveryQuery{}), "deliveries_pkey users_pkey", 0},
		{"deliveries by state", deliveries(belfry.DeliveryQuery{State: belfry.Failed}), "deliveries_state users_pkey", 0},
		{"deliveries in doubt", deliveries(belfry.DeliveryQuery{State: belfry.Ambiguous}), "deliveries_due? deliveries_state users_pkey?", 100_000},
		{"deliveries queued", deliveries(belfry.DeliveryQuery{State: belfry.Queued, Channel: belfry.Email}), "deliveries_state users_pkey", 0},
		{"deliveries sent", deliveries(belfry.DeliveryQuery{State: belfry.Sent}), "deliveries_pkey users_pkey", 0},
		{"deliveries of a person", deliveries(belfry.DeliveryQuery{User: "user-4"}), "deliveries_user users_pkey users_user_id_key", 0},
		{"a later page of deliveries", deliveries(belfry.DeliveryQuery{After: rowID(3, 5000)}), "deliveries_pkey users_pkey", 0},
		{"delivery", func(ctx context.Context, s *postgres.Store) error {
			_, _, err := s.Delivery(ctx, rowID(3, 70))
			return err
		}, "deliveries_pkey messages_pkey users_pkey", 0},
		{"retry", func(ctx context.Context, s *postgres.Store) error {
			m, err := claim(ctx, s, start)
			if err != nil {
				return err
			}
			return errors.Join(s.Settle(ctx, m.Lease, belfry.Settlement{State: belfry.Failed, At: start}), ignore(s.Retry(ctx, m.Delivery.ID, start)))
		}, "deliveries_due deliveries_folded deliveries_pkey deliveries_state messages_pkey notifications_pkey suppressions_pkey users_pkey", 0},
		{"quota", func(ctx context.Context, s *postgres.Store) error {
			_, _, err := s.MailsSent(ctx, "account", start.Add(-time.Second), 10)
			return err
		}, "mails_sent_at", 0},
		{"a full mailbox", func(ctx context.Context, s *postgres.Store) error {
			return ignore(s.FullMailbox(ctx, "user-5@example.com", start))
		}, "full_mailboxes_pkey", 0},
	}
}

func upkeepQuestions() []question {
	return []question{
		{"expire", func(ctx context.Context, s *postgres.Store) error {
			_, _, err := s.Expire(ctx, start, 50)
			return err
		}, "broadcasts_clearing broadcasts_due deliveries_notification notifications_due notifications_pkey users_pkey", 0},
		{"prune", func(ctx context.Context, s *postgres.Store) error {
			_, _, err := s.Prune(ctx, start.Add(-85*24*time.Hour), start, 200)
			return err
		}, "broadcasts_clearing deliveries_folded deliveries_notification messages_pkey notifications_over notifications_pkey users_pkey", 0},
		{"prune of what has a time of its own", func(ctx context.Context, s *postgres.Store) error {
			_, _, err := s.Prune(ctx, start.Add(-1000*24*time.Hour), start.Add(time.Second), manyRows)
			return err
		}, "answers_over answers_pkey broadcasts_clearing broadcasts_over broadcasts_pkey broadcasts_pruned full_mailboxes_at full_mailboxes_pkey intake_pkey intake_refused mails_sent_pkey notifications_over revocations_over revocations_pkey tickets_over tickets_pkey", 0},
		{"erase", func(ctx context.Context, s *postgres.Store) error {
			if err := s.PutUser(ctx, belfry.User{ID: "user-18"}); err != nil {
				return err
			}
			return s.EraseUser(ctx, "user-18")
		}, "broadcast_states_pkey deliveries_user intake_people notifications_list tickets_user users_pkey users_user_id_key", 0},
	}
}
