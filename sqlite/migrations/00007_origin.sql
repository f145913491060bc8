-- +goose Up

-- What a ticket keeps of the token it was exchanged for: see belfry.Origin. Null: an app asked for it.
ALTER TABLE tickets ADD COLUMN ends_at INTEGER;
ALTER TABLE tickets ADD COLUMN issued_at INTEGER; -- null: the token does not say
ALTER TABLE tickets ADD COLUMN token BLOB;        -- null: the token has no id
ALTER TABLE tickets ADD COLUMN account INTEGER NOT NULL DEFAULT 0;
