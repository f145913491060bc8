// Package postgres keeps Belfry's data in PostgreSQL: it is the [belfry.Store] of several nodes.
//
// What it promises beyond the interface:
//
//   - Any number of nodes may have the database open at the same time; each sees at once what the others committed.
//   - A person's row is locked while their log grows, until the commit: so the order of the numbers is the order of the
//     commits, and no reader sees a number before those below it.
//   - A method that changes something returns after its commit, whose durability is the server's (synchronous_commit is
//     never off). When the connection breaks in the middle of storing sends, the store looks whether they are there, and
//     answers accordingly; of other changes it says that it does not know.
//   - Sends that wait at the same time share one transaction; a lone one never waits for company.
//   - Nodes that are started together bring the tables up to date once. They stand in the schema belfry, so the database
//     may be shared with an app.
//   - What apps leave in transactions of their own ([AcceptTx], the SQL function belfry_send) takes no lock of a person, is
//     taken in once, in the order of the commits, and is removed in the transaction that makes a notification of it.
//   - A copy of the database, restored elsewhere, has another epoch. One that a store was moved into (see [OpenTarget]) has that
//     store's; until the move is finished, it is refused.
//   - [Store.Now] is the time by the server's clock, which package server goes by: a node whose own clock is wrong does no harm.
//
// How it is laid out: every change takes its locks in one order (idempotency keys, people by id, broadcasts by number,
// the row that all share), so that two nodes do not wait for each other; where they do all the same, or the server says
// that a transaction must be repeated, it is repeated. Statements that nobody waits for go out together with the next
// that somebody does: a send is two round trips and a commit, however many people it is for.
package postgres
