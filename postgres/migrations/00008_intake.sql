-- +goose Up

-- Sends that apps leave in transactions of their own. A node takes each in, in the order of their places, and removes it in
-- the transaction in which it becomes a notification. What was refused stays for a while, with the reason.
CREATE TABLE belfry.intake (
    place           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id              uuid NOT NULL,              -- what the notification is to be called
    request         jsonb NOT NULL,             -- as POST /api/v1/notifications/ takes it
    idempotency_key text,
    created_at      bigint NOT NULL,            -- by the database's clock
    tries           integer NOT NULL DEFAULT 0, -- that failed
    due             bigint NOT NULL DEFAULT 0,  -- not tried before
    reason          text NOT NULL DEFAULT '',   -- why it was refused, or failed
    refused_at      bigint                      -- null: it waits
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
CREATE INDEX intake_waiting ON belfry.intake (place) WHERE refused_at IS NULL;
CREATE INDEX intake_refused ON belfry.intake (refused_at) WHERE refused_at IS NOT NULL;

-- Whoever is erased is erased here too.
CREATE INDEX intake_people ON belfry.intake USING gin ((request->'to') jsonb_path_ops) WHERE refused_at IS NOT NULL;

-- What apps call. It looks at no rule: what it refuses is what would be refused whatever the rules are, so that whoever wrote
-- the statement sees the mistake at once. It runs as its owner, so an app needs the right to execute it and none on tables.
-- +goose StatementBegin
CREATE FUNCTION belfry.belfry_send(request jsonb, idempotency_key text DEFAULT NULL) RETURNS uuid
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    known CONSTANT text[] := ARRAY['to', 'category', 'title', 'body', 'url', 'data', 'actor', 'priority', 'channels', 'email',
        'dedupe_key', 'send_at', 'expires_at'];
    now_ms CONSTANT bigint := floor(extract(epoch FROM clock_timestamp()) * 1000);
    fault text;
    made uuid;
BEGIN
    fault := CASE
        WHEN request IS NULL OR jsonb_typeof(request) <> 'object' THEN 'the request must be a JSON object'
        WHEN octet_length(request::text) > 524288 THEN format('the request has %s bytes; at most 524288', octet_length(request::text))
        WHEN NOT request ? 'to' OR jsonb_typeof(request->'to') NOT IN ('string', 'array', 'object')
            THEN 'to: must be a user id (a string), an array of user ids, or {"all":true}'
        WHEN coalesce(jsonb_typeof(request->'category'), '') <> 'string' OR length(request->>'category') > 100
            OR request->>'category' !~ '^[a-z0-9_]+(\.[a-z0-9_]+)*$'
            THEN 'category: must be dotted lower case, like order.assigned, at most 100 characters'
        WHEN request ? 'title' AND jsonb_typeof(request->'title') <> 'string' THEN 'title: must be a string'
        WHEN length(idempotency_key) NOT BETWEEN 1 AND 255 THEN 'idempotency_key: must have 1 to 255 characters'
        ELSE (SELECT format('%s: is not a known field', left(name, 100)) FROM jsonb_object_keys(request) name WHERE name <> ALL (known) LIMIT 1)
    END;
    IF fault IS NOT NULL THEN
        RAISE EXCEPTION 'belfry_send: %', fault
            USING ERRCODE = 'invalid_parameter_value', HINT = 'The request is the JSON that POST /api/v1/notifications/ takes.';
    END IF;
    -- A UUID of version 7: the moment, and what tells it apart from others. Bits 52 and 53 make of the version 4 a 7.
    made := encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING substring(int8send(now_ms) FROM 3) FROM 1 FOR 6),
        52, 1), 53, 1), 'hex')::uuid;
    INSERT INTO belfry.intake (id, request, idempotency_key, created_at) VALUES (made, request, idempotency_key, now_ms);
    PERFORM pg_notify('belfry_intake', ''); -- heard after the commit, once for each transaction
    RETURN made;
END
$body$;
-- +goose StatementEnd

REVOKE ALL ON FUNCTION belfry.belfry_send(jsonb, text) FROM PUBLIC;
