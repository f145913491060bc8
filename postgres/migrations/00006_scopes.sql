-- +goose Up

-- The keys that are there were made when a key could do everything.
ALTER TABLE belfry.keys
    ADD COLUMN scopes  text NOT NULL DEFAULT 'admin', -- names joined by +
    ADD COLUMN used_at bigint;                        -- null: never since then
