// Package move copies everything that one store holds into another kind of store, row by row, and proves it.
//
// What it promises:
//
//   - The source is not changed.
//   - The copy is the comparison: rows are read on both sides in the order of their keys, and where they differ the
//     target's are replaced. So a move that was interrupted, however it was, goes on when it is started again; what is
//     there already is not written again, what the source no longer has is removed, and nothing is there twice.
//   - A first pass may go ahead while the source is still written to. It need not be exact: the last pass is.
//   - The target is finished only after a pass that compared every column of every row and found nothing to write.
//   - A table or a column that one side has and the other does not know is an error before anything is written: what is
//     added later is not forgotten in silence.
//
// It knows no database. The stores say what their rows are in a form that both know; see [Table].
package move
