-- +goose Up

-- 1: some delivery is a mail. Without, a change of the notification need not look for mails to cancel.
ALTER TABLE notifications ADD COLUMN mail INTEGER NOT NULL DEFAULT 0;

-- The plan of a mail, as it was accepted.
ALTER TABLE deliveries ADD COLUMN class INTEGER NOT NULL DEFAULT 0;        -- belfry.MailClass
ALTER TABLE deliveries ADD COLUMN unless TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN at_most_once INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN give_up_at INTEGER;
ALTER TABLE deliveries ADD COLUMN life INTEGER;                            -- give_up_at less created_at, as first planned
ALTER TABLE deliveries ADD COLUMN thread TEXT NOT NULL DEFAULT '';

-- How far it has come. Whoever has the token of a mail that is leased decides over it.
ALTER TABLE deliveries ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN account TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN due INTEGER;                             -- of a queued one: next_attempt_at, or the end of its lease
ALTER TABLE deliveries ADD COLUMN leased_at INTEGER;                       -- null: not leased
ALTER TABLE deliveries ADD COLUMN token INTEGER NOT NULL DEFAULT 0;        -- of the last lease
ALTER TABLE deliveries ADD COLUMN committed INTEGER NOT NULL DEFAULT 0;    -- 1: a server may have accepted it
ALTER TABLE deliveries ADD COLUMN doomed TEXT;                             -- why it was to be canceled, when it could not be
ALTER TABLE deliveries ADD COLUMN entry INTEGER;                           -- of mails_sent, under this lease

-- A claim walks the first; the others are for lists. Most mails are sent in the end, and leave both partial indexes.
CREATE INDEX deliveries_due ON deliveries (class, due) WHERE state = 'queued';
CREATE INDEX deliveries_state ON deliveries (state) WHERE state <> 'sent';
CREATE INDEX deliveries_committed ON deliveries (committed) WHERE state = 'queued' AND committed = 1;
CREATE INDEX deliveries_user ON deliveries (uid);

-- What of a mail is big, by the key of its delivery, so that lists of deliveries stay small.
CREATE TABLE messages (
    key     INTEGER PRIMARY KEY,
    content TEXT, -- JSON: what the send said of the mail
    message BLOB  -- the exact bytes, once there are
);

CREATE TABLE mail_accounts (
    name         TEXT PRIMARY KEY,
    credential   BLOB NOT NULL,
    parked_until INTEGER,
    needs_person INTEGER NOT NULL,
    reason       TEXT NOT NULL,
    strikes      INTEGER NOT NULL
) WITHOUT ROWID;

-- What counts against the quota of an account, one row for each attempt that may have been accepted. It outlives the
-- delivery: what was erased was sent all the same.
CREATE TABLE mails_sent (
    key     INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    at      INTEGER NOT NULL
);
CREATE INDEX mails_sent_at ON mails_sent (account, at);

CREATE TABLE suppressions (
    address TEXT PRIMARY KEY, -- in lower case
    reason  TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE secrets (
    name   TEXT PRIMARY KEY,
    secret BLOB NOT NULL
) WITHOUT ROWID;
