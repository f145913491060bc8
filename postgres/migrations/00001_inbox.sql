-- +goose Up

-- Every name is written with its schema, so that the tables work whatever the search path is, also beside an app's own.
-- Moments are milliseconds since 1970. Names are compared by their bytes.

-- One row: what all people share. version moves on with every change of it, so that whoever reads in several statements
-- sees whether the broadcasts changed meanwhile. home names the database that the epoch was made in: in a copy it differs.
CREATE TABLE belfry.meta (
    id       smallint PRIMARY KEY CHECK (id = 1),
    epoch    text NOT NULL,
    home     text NOT NULL,
    version  bigint NOT NULL,
    bseq     bigint NOT NULL, -- head of the broadcast log
    bpruned  bigint NOT NULL, -- last position removed from the broadcast log
    shared   bigint NOT NULL, -- broadcasts that count for everyone
    clearing bigint NOT NULL, -- broadcasts that are gone, with states still to be removed
    floor    bigint NOT NULL, -- where the log of a new person begins
    due      bigint           -- no broadcast expires before
) WITH (fillfactor = 10);
INSERT INTO belfry.meta VALUES (1, '', '', 0, 0, 0, 0, 0, 0, NULL);

-- unread and unseen are the person's own part of the counts, and may be negative: reading a broadcast takes one off
-- what all share. No index has a column that a send changes, so that its update stays on the row's page.
CREATE TABLE belfry.users (
    uid             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id         text COLLATE "C" NOT NULL UNIQUE,
    seq             bigint NOT NULL DEFAULT 0, -- head of the person's log
    pruned_seq      bigint NOT NULL DEFAULT 0, -- last position removed from it; negative: none, and the log began after that number
    unread          bigint NOT NULL DEFAULT 0,
    unseen          bigint NOT NULL DEFAULT 0,
    due             bigint,                    -- none of the person's notifications expires before
    preferences     text,                      -- JSON
    prefs_broadcast bigint NOT NULL DEFAULT 0, -- broadcasts up to here that were muted have a hidden state row
    email           text NOT NULL DEFAULT '',
    name            text NOT NULL DEFAULT '',
    locale          text NOT NULL DEFAULT '',
    timezone        text NOT NULL DEFAULT '',
    data            text
) WITH (fillfactor = 70);

-- status: bit 0 seen, bit 1 read, bit 2 archived; 8 deleted (a log entry without content, created_at is when it was
-- deleted), 9 never in the inbox, 10 likewise and without content. A plain insert touches two indexes.
CREATE TABLE belfry.notifications (
    id          uuid PRIMARY KEY,
    uid         bigint NOT NULL,
    seq         bigint, -- place in the list, and in the log while changed_seq is null
    changed_seq bigint, -- place in the log since it changed
    status      smallint NOT NULL,
    priority    smallint NOT NULL,
    category    text COLLATE "C" NOT NULL,
    title       text NOT NULL,
    body        text NOT NULL,
    url         text NOT NULL,
    data        text,
    actor       text,
    created_at  bigint NOT NULL,
    seen_at     bigint,
    read_at     bigint,
    archived_at bigint,
    expires_at  bigint,
    dedupe_key  text COLLATE "C",
    first_seq   bigint, -- seq before it was first replaced
    send_id     uuid    -- of the send to several that it came with
);
CREATE INDEX notifications_list ON belfry.notifications (uid, status, seq);
CREATE INDEX notifications_changed ON belfry.notifications (uid, changed_seq) WHERE changed_seq IS NOT NULL;
CREATE INDEX notifications_dedupe ON belfry.notifications (uid, dedupe_key) WHERE dedupe_key IS NOT NULL;
CREATE INDEX notifications_due ON belfry.notifications (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX notifications_own_due ON belfry.notifications (uid, expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX notifications_send ON belfry.notifications (send_id) WHERE send_id IS NOT NULL;
CREATE INDEX notifications_over ON belfry.notifications (created_at) WHERE status >= 2;

-- gone: 0 in the inboxes, 1 deleted (a log entry at gone_bseq, created_at is when), 2 pruned.
CREATE TABLE belfry.broadcasts (
    bseq       bigint PRIMARY KEY,
    id         uuid NOT NULL UNIQUE,
    gone       smallint NOT NULL,
    gone_bseq  bigint,
    clearing   boolean NOT NULL, -- gone, with states that still count
    priority   smallint NOT NULL,
    category   text COLLATE "C" NOT NULL,
    title      text NOT NULL,
    body       text NOT NULL,
    url        text NOT NULL,
    data       text,
    actor      text,
    created_at bigint NOT NULL,
    expires_at bigint
);
CREATE INDEX broadcasts_live ON belfry.broadcasts (bseq) WHERE gone = 0;
CREATE INDEX broadcasts_gone ON belfry.broadcasts (gone_bseq) WHERE gone_bseq IS NOT NULL;
CREATE INDEX broadcasts_due ON belfry.broadcasts (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX broadcasts_clearing ON belfry.broadcasts (bseq) WHERE clearing;
CREATE INDEX broadcasts_over ON belfry.broadcasts (created_at);
CREATE INDEX broadcasts_pruned ON belfry.broadcasts (bseq) WHERE gone = 2;

-- What one person did with a broadcast. hidden: 1 it was muted, 2 likewise and no longer counted.
CREATE TABLE belfry.broadcast_states (
    uid         bigint NOT NULL,
    bseq        bigint NOT NULL,
    seq         bigint, -- place in the person's log
    hidden      smallint NOT NULL,
    seen_at     bigint,
    read_at     bigint,
    archived_at bigint,
    PRIMARY KEY (uid, bseq)
);
CREATE INDEX broadcast_states_log ON belfry.broadcast_states (uid, seq) WHERE seq IS NOT NULL;
CREATE INDEX broadcast_states_of ON belfry.broadcast_states (bseq, hidden);

CREATE TABLE belfry.deliveries (
    id              uuid PRIMARY KEY,
    notification_id uuid NOT NULL,
    uid             bigint NOT NULL,
    channel         text NOT NULL,
    recipient       text NOT NULL,
    state           text NOT NULL,
    reason          text NOT NULL,
    message_id      text NOT NULL,
    created_at      bigint NOT NULL,
    sent_at         bigint,
    next_attempt_at bigint,
    attempts        text -- JSON
);
CREATE INDEX deliveries_notification ON belfry.deliveries (notification_id);

CREATE TABLE belfry.answers (
    idempotency_key text COLLATE "C" PRIMARY KEY,
    fingerprint     bytea NOT NULL,
    answer          bytea NOT NULL,
    created_at      bigint NOT NULL
);
CREATE INDEX answers_over ON belfry.answers (created_at);

CREATE TABLE belfry.keys (
    name       text COLLATE "C" PRIMARY KEY,
    hash       bytea NOT NULL,
    created_at bigint NOT NULL
);

CREATE TABLE belfry.tickets (
    hash       bytea PRIMARY KEY,
    user_id    text COLLATE "C" NOT NULL,
    expires_at bigint NOT NULL
);
CREATE INDEX tickets_over ON belfry.tickets (expires_at);
