// Package arch holds the tests of Belfry's shape: which package may import which, which modules each may use, and how
// large a file may grow. The table is in table_test.go; docs/adr/0005-the-import-table.md says why it is as it is.
//
// The tests read the files themselves. Asking `go list` instead would be answered from the test cache with violations
// present, because the cache sees which files a test opens, not which ones a command opens for it.
package arch
