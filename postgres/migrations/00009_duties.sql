-- +goose Up

-- Work that is to be done once, by whichever node. Times are this server's: nodes' clocks differ.
CREATE TABLE belfry.duties (
    name   text        PRIMARY KEY,
    holder text        NOT NULL,
    until  timestamptz NOT NULL
);
