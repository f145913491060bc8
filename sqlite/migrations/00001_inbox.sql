-- +goose Up

-- Names the format, so that another program's database is not taken for ours ("Blfy").
PRAGMA application_id = 1114400377;

-- One row: what all people share. The epoch of a backup is empty; whoever opens it as a store gives it a new one.
CREATE TABLE meta (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    epoch    TEXT NOT NULL,
    bseq     INTEGER NOT NULL, -- head of the broadcast log
    bpruned  INTEGER NOT NULL, -- last position removed from the broadcast log
    shared   INTEGER NOT NULL, -- broadcasts that count for everyone
    clearing INTEGER NOT NULL, -- broadcasts that are gone, with states still to be removed
    floor    INTEGER NOT NULL, -- where the log of a new person begins
    due      INTEGER           -- no broadcast expires before
);
INSERT INTO meta VALUES (1, '', 0, 0, 0, 0, 0, NULL);

-- unread and unseen are the person's own part of the counts, and may be negative: reading a broadcast takes one off
-- what all share.
CREATE TABLE users (
    uid             INTEGER PRIMARY KEY,
    user_id         TEXT NOT NULL UNIQUE,
    seq             INTEGER NOT NULL, -- head of the person's log
    pruned_seq      INTEGER NOT NULL, -- last position removed from it; negative: none, and the log began after that number
    unread          INTEGER NOT NULL,
    unseen          INTEGER NOT NULL,
    due             INTEGER,          -- none of the person's notifications expires before
    preferences     TEXT,             -- JSON
    prefs_broadcast INTEGER NOT NULL, -- broadcasts up to here that were muted have a hidden state row
    email           TEXT NOT NULL,
    name            TEXT NOT NULL,
    locale          TEXT NOT NULL,
    timezone        TEXT NOT NULL,
    data            TEXT
);

-- key is the time and counter of the id, rand its random bits: an id is found by the primary key, and the table grows at
-- its end only. status: bit 0 seen, bit 1 read, bit 2 archived; 8 deleted (a log entry without content, created_at is
-- when it was deleted), 9 never in the inbox. A plain insert touches one index, notifications_list.
CREATE TABLE notifications (
    key         INTEGER PRIMARY KEY,
    rand        INTEGER NOT NULL,
    uid         INTEGER NOT NULL,
    seq         INTEGER, -- place in the list, and in the log while changed_seq is null
    changed_seq INTEGER, -- place in the log since it changed
    status      INTEGER NOT NULL,
    category    TEXT NOT NULL,
    title       TEXT NOT NULL,
    body        TEXT NOT NULL,
    url         TEXT NOT NULL,
    data        TEXT,
    actor       TEXT,
    priority    INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    seen_at     INTEGER,
    read_at     INTEGER,
    archived_at INTEGER,
    expires_at  INTEGER,
    dedupe_key  TEXT,
    first_seq   INTEGER, -- seq before it was first replaced
    send_key    INTEGER, -- id of the send to several that it came with
    send_rand   INTEGER
);
CREATE INDEX notifications_list ON notifications (uid, status, seq);
CREATE INDEX notifications_changed ON notifications (uid, changed_seq) WHERE changed_seq IS NOT NULL;
CREATE INDEX notifications_dedupe ON notifications (uid, dedupe_key) WHERE dedupe_key IS NOT NULL;
CREATE INDEX notifications_due ON notifications (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX notifications_own_due ON notifications (uid, expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX notifications_send ON notifications (send_key) WHERE send_key IS NOT NULL;
CREATE INDEX notifications_over ON notifications (created_at) WHERE status >= 2;

-- gone: 0 in the inboxes, 1 deleted (a log entry at gone_bseq, created_at is when), 2 pruned.
CREATE TABLE broadcasts (
    bseq       INTEGER PRIMARY KEY,
    key        INTEGER NOT NULL UNIQUE,
    rand       INTEGER NOT NULL,
    gone       INTEGER NOT NULL,
    gone_bseq  INTEGER,
    clearing   INTEGER NOT NULL, -- 1: gone, with states that still count
    category   TEXT NOT NULL,
    title      TEXT NOT NULL,
    body       TEXT NOT NULL,
    url        TEXT NOT NULL,
    data       TEXT,
    actor      TEXT,
    priority   INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER
);
CREATE INDEX broadcasts_live ON broadcasts (bseq, category, priority) WHERE gone = 0;
CREATE INDEX broadcasts_gone ON broadcasts (gone_bseq) WHERE gone_bseq IS NOT NULL;
CREATE INDEX broadcasts_due ON broadcasts (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX broadcasts_clearing ON broadcasts (bseq) WHERE clearing = 1;
CREATE INDEX broadcasts_over ON broadcasts (created_at);
CREATE INDEX broadcasts_pruned ON broadcasts (bseq) WHERE gone = 2;

-- What one person did with a broadcast. hidden: 1 it was muted, 2 likewise and no longer counted.
CREATE TABLE broadcast_states (
    uid         INTEGER NOT NULL,
    bseq        INTEGER NOT NULL,
    seq         INTEGER, -- place in the person's log
    hidden      INTEGER NOT NULL,
    seen_at     INTEGER,
    read_at     INTEGER,
    archived_at INTEGER,
    PRIMARY KEY (uid, bseq)
) WITHOUT ROWID;
CREATE INDEX broadcast_states_log ON broadcast_states (uid, seq) WHERE seq IS NOT NULL;
CREATE INDEX broadcast_states_of ON broadcast_states (bseq, hidden);

CREATE TABLE deliveries (
    key              INTEGER PRIMARY KEY,
    rand             INTEGER NOT NULL,
    notification_key INTEGER NOT NULL,
    uid              INTEGER NOT NULL,
    channel          TEXT NOT NULL,
    recipient        TEXT NOT NULL,
    state            TEXT NOT NULL,
    reason           TEXT NOT NULL,
    message_id       TEXT NOT NULL,
    created_at       INTEGER NOT NULL,
    sent_at          INTEGER,
    next_attempt_at  INTEGER,
    attempts         TEXT -- JSON
);
CREATE INDEX deliveries_notification ON deliveries (notification_key);

CREATE TABLE answers (
    idempotency_key TEXT PRIMARY KEY,
    fingerprint     BLOB NOT NULL,
    answer          BLOB NOT NULL,
    created_at      INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX answers_over ON answers (created_at);

CREATE TABLE keys (
    name       TEXT PRIMARY KEY,
    hash       BLOB NOT NULL,
    created_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE tickets (
    hash       BLOB PRIMARY KEY,
    user_id    TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX tickets_over ON tickets (expires_at);
