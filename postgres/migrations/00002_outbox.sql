-- +goose Up

-- Some delivery is a mail. Without, a change of the notification need not look for mails to cancel.
ALTER TABLE belfry.notifications ADD COLUMN mail boolean NOT NULL DEFAULT false;

-- The plan of a mail, as it was accepted; then how far it has come. Whoever has the token of a mail that is leased
-- decides over it.
ALTER TABLE belfry.deliveries
    ADD COLUMN class        smallint NOT NULL DEFAULT 0,     -- belfry.MailClass
    ADD COLUMN unless       text NOT NULL DEFAULT '',
    ADD COLUMN at_most_once boolean NOT NULL DEFAULT false,
    ADD COLUMN give_up_at   bigint,
    ADD COLUMN life         bigint,                          -- give_up_at less created_at, as first planned
    ADD COLUMN thread       text NOT NULL DEFAULT '',
    ADD COLUMN tries        integer NOT NULL DEFAULT 0,
    ADD COLUMN account      text NOT NULL DEFAULT '',
    ADD COLUMN due          bigint,                          -- of a queued one: next_attempt_at, or the end of its lease
    ADD COLUMN leased_at    bigint,                          -- null: not leased
    ADD COLUMN token        bigint NOT NULL DEFAULT 0,       -- of the last lease
    ADD COLUMN committed    boolean NOT NULL DEFAULT false,  -- a server may have accepted it
    ADD COLUMN doomed       text,                            -- why it was to be canceled, when it could not be
    ADD COLUMN entry        uuid;                            -- of mails_sent, under this lease

-- A claim walks the first; the others are for lists. Most mails are sent in the end, and leave both partial indexes.
CREATE INDEX deliveries_due ON belfry.deliveries (class, due, id) WHERE state = 'queued';
CREATE INDEX deliveries_state ON belfry.deliveries (state, id) WHERE state <> 'sent';
CREATE INDEX deliveries_user ON belfry.deliveries (uid, id);

-- What of a mail is big, by the id of its delivery, so that lists of deliveries stay small.
CREATE TABLE belfry.messages (
    id      uuid PRIMARY KEY,
    content text, -- JSON: what the send said of the mail
    message bytea -- the exact bytes, once there are
);

CREATE TABLE belfry.mail_accounts (
    name         text COLLATE "C" PRIMARY KEY,
    credential   bytea NOT NULL,
    parked_until bigint,
    needs_person boolean NOT NULL,
    reason       text NOT NULL,
    strikes      bigint NOT NULL
);

-- What counts against the quota of an account, one row for each attempt that may have been accepted. It outlives the
-- delivery: what was erased was sent all the same.
CREATE TABLE belfry.mails_sent (
    id      uuid PRIMARY KEY,
    account text COLLATE "C" NOT NULL,
    at      bigint NOT NULL
);
CREATE INDEX mails_sent_at ON belfry.mails_sent (account, at);

CREATE TABLE belfry.suppressions (
    address text COLLATE "C" PRIMARY KEY, -- in lower case
    reason  text NOT NULL
);

CREATE TABLE belfry.secrets (
    name   text COLLATE "C" PRIMARY KEY,
    secret bytea NOT NULL
);
