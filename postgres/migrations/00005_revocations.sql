-- +goose Up

-- What was taken back before it ended by itself. A hash names a person, or one token of theirs: see belfry.RevocationHash.
CREATE TABLE belfry.revocations (
    hash       bytea PRIMARY KEY,
    at         bigint NOT NULL,
    expires_at bigint -- null: never forgotten
);
CREATE INDEX revocations_at ON belfry.revocations (at);
CREATE INDEX revocations_over ON belfry.revocations (expires_at) WHERE expires_at IS NOT NULL;

-- A revocation takes a person's tickets back, and so does their erasure.
CREATE INDEX tickets_user ON belfry.tickets (user_id);
