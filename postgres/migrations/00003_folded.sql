-- +goose Up

-- Mails of a person that go as one. fold: it waits, and may go with others that may. folded: the id of the delivery that has
-- the bytes and the lease, from the commit on; of that one itself its own. pinned: it was ambiguous once, so no account but
-- that may carry it.
ALTER TABLE belfry.deliveries
    ADD COLUMN fold   boolean NOT NULL DEFAULT false,
    ADD COLUMN folded uuid,
    ADD COLUMN pinned boolean NOT NULL DEFAULT false;
CREATE INDEX deliveries_fold ON belfry.deliveries (uid, id) WHERE state = 'queued' AND fold;
CREATE INDEX deliveries_folded ON belfry.deliveries (folded) WHERE folded IS NOT NULL;

ALTER TABLE belfry.mail_accounts ADD COLUMN slow_until bigint;

-- When a mailbox was full for good, the last time.
CREATE TABLE belfry.full_mailboxes (
    address text COLLATE "C" PRIMARY KEY, -- in lower case
    at      bigint NOT NULL
);
CREATE INDEX full_mailboxes_at ON belfry.full_mailboxes (at);
