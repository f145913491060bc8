-- +goose Up

-- The keys that are there were made when a key could do everything.
ALTER TABLE keys ADD COLUMN scopes TEXT NOT NULL DEFAULT 'admin'; -- names joined by +
ALTER TABLE keys ADD COLUMN used_at INTEGER;                      -- null: never since then
