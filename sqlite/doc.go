// Package sqlite keeps Belfry's data in one SQLite file: it is the [belfry.Store] that needs no database server.
//
// What it promises beyond the interface:
//
//   - A method that changes something returns after its transaction is committed and synced (`synchronous=FULL`).
//     Changes that wait at the same time share one transaction, and so one sync: a lone one never waits for company.
//   - One process has the file. A second [Open] is refused by name; [OpenAdmin] stands beside a running store for the
//     short work of an operator.
//   - A lease on a mail ends with the process that has it: what was under way is due again at the next [Open].
//   - Readers never wait for the writer, nor the writer for readers. Each answer is read in one transaction.
//   - A full disk refuses what cannot be stored with [belfry.ErrFull] and loses nothing; reading goes on.
//   - A restored backup has another epoch, each time it is restored.
//
// How it is laid out: one goroutine writes, on a connection of its own with statements prepared once; the people it
// touches stay in its memory, and their rows are written once per transaction. A notification's row is found by its id
// as the primary key, and a plain insert touches one index. Counts are kept, never counted. Queued mails stand in an index
// of their own, by class and time, so a backlog of one class costs the claims of another nothing; their bytes lie apart.
package sqlite
