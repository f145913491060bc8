-- +goose Up

-- What a ticket keeps of the token it was exchanged for: see belfry.Origin. Null: an app asked for it.
ALTER TABLE belfry.tickets
    ADD COLUMN ends_at   bigint,
    ADD COLUMN issued_at bigint, -- null: the token does not say
    ADD COLUMN token     bytea,  -- null: the token has no id
    ADD COLUMN account   boolean NOT NULL DEFAULT false;
