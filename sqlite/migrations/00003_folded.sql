-- +goose Up

-- Mails of a person that go as one. fold: it waits, and may go with others that may. folded: the key of the delivery that has
-- the bytes and the lease, from the commit on; of that one itself its own.
ALTER TABLE deliveries ADD COLUMN fold INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN folded INTEGER;
CREATE INDEX deliveries_fold ON deliveries (uid) WHERE state = 'queued' AND fold = 1;
CREATE INDEX deliveries_folded ON deliveries (folded) WHERE folded IS NOT NULL;

-- 1: it was ambiguous once, so no account but that may carry it.
ALTER TABLE deliveries ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;

ALTER TABLE mail_accounts ADD COLUMN slow_until INTEGER;

-- When a mailbox was full for good, the last time.
CREATE TABLE full_mailboxes (
    address TEXT PRIMARY KEY, -- in lower case
    at      INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX full_mailboxes_at ON full_mailboxes (at);
