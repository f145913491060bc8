-- +goose Up

-- What was taken back before it ended by itself. A hash names a person, or one token of theirs: see belfry.RevocationHash.
CREATE TABLE revocations (
    hash       BLOB PRIMARY KEY,
    at         INTEGER NOT NULL,
    expires_at INTEGER -- null: never forgotten
) WITHOUT ROWID;
CREATE INDEX revocations_at ON revocations (at);
CREATE INDEX revocations_over ON revocations (expires_at) WHERE expires_at IS NOT NULL;

-- A revocation takes a person's tickets back, and so does their erasure.
CREATE INDEX tickets_user ON tickets (user_id);
