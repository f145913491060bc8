package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/belfryhq/belfry"
)

// leave is how a send is left in a transaction. The types are said, so that any driver sends text.
const leave = `SELECT belfry.belfry_send($1::text::jsonb, nullif($2::text, ''))::text`

// AcceptTx leaves a send in a transaction of the program's own, on a database that holds Belfry's tables: when the transaction
// is committed the send is as durable as it, and any node makes of it, within moments, all that POST /api/v1/notifications/
// would; when it is rolled back, nothing was sent. It takes no lock of Belfry's, so the transaction may be as long as the program
// likes, and keeps nobody's notifications waiting.
//
// The id returned is that of the notification, or of a send to several as a whole, unless it replaces another under its
// DedupeKey. An idempotency key that is not empty makes the send happen once within 24 hours, however many transactions
// leave it.
//
// A refusal is a [belfry.Error] that names the fields at fault, and does the transaction no harm. What only a node can
// tell (the rules of categories, templates, a time that is over by then) is refused when it is taken in, kept with the reason, and
// shown by the log, the metrics and `belfry doctor`. An error of the database has aborted the transaction, as always.
func AcceptTx(ctx context.Context, tx pgx.Tx, send *belfry.Send, idempotencyKey string) (belfry.ID, error) {
	return deposit(send, idempotencyKey, func(request string, to *string) error {
		return tx.QueryRow(ctx, leave, request, idempotencyKey).Scan(to)
	})
}

// AcceptSQLTx is [AcceptTx] for a transaction of database/sql, by any driver of PostgreSQL.
func AcceptSQLTx(ctx context.Context, tx *sql.Tx, send *belfry.Send, idempotencyKey string) (belfry.ID, error) {
	return deposit(send, idempotencyKey, func(request string, to *string) error {
		return tx.QueryRowContext(ctx, leave, request, idempotencyKey).Scan(to)
	})
}

func deposit(send *belfry.Send, key string, ask func(request string, to *string) error) (belfry.ID, error) {
	request, err := depositOf(send, key)
	if err != nil {
		return belfry.ID{}, err
	}
	var text string
	if err := ask(request, &text); err != nil {
		return belfry.ID{}, explainDeposit(err)
	}
	id, err := belfry.ParseID(text)
	if err != nil {
		return belfry.ID{}, fmt.Errorf("postgres: the id of a deposit: %w", err)
	}
	return id, nil
}

// maxIdempotencyKey is the longest key, as over HTTP.
const maxIdempotencyKey = 255

// depositOf checks a send and returns it as JSON. A title may be missing: the category's template, which only nodes have, may
// make it.
func depositOf(send *belfry.Send, key string) (string, error) {
	checked := *send
	if checked.Title == "" {
		checked.Title = checked.Category
	}
	if err := checked.Validate(); err != nil {
		return "", err
	}
	if len(key) > maxIdempotencyKey {
		return "", belfry.Invalid(belfry.FieldError{Field: "idempotency_key", Message: fmt.Sprintf("has %d bytes; at most %d", len(key), maxIdempotencyKey)})
	}
	checked.Title = send.Title
	b, err := json.Marshal(&checked)
	if err != nil {
		return "", fmt.Errorf("postgres: encode a deposit: %w", err)
	}
	if len(b) > belfry.MaxBody {
		return "", belfry.Errorf(belfry.CodeTooLarge, "The send has %d bytes as JSON; at most %d.", len(b), belfry.MaxBody)
	}
	return string(b), nil
}

// explainDeposit adds the mend to what a database says that was not made ready.
func explainDeposit(err error) error {
	mend := ""
	switch sqlState(err) {
	case "3F000", "42883": // no such schema, no such function
		mend = "; run `belfry migrate` on this database once"
	case codeForbidden:
		mend = "; GRANT USAGE ON SCHEMA belfry and EXECUTE ON FUNCTION belfry.belfry_send to the program's role"
	}
	return fmt.Errorf("postgres: leave a send: %w%s", err, mend)
}
