//go:build unix

// Package pgtest starts a private PostgreSQL for tests, with the programs that Debian's package brings: in a temporary
// directory, on a free port of the loopback interface, with nothing of the machine's own cluster, and gone with the test, or with all tests
// of a package that share it.
//
// PostgreSQL refuses to run as root; where the tests do, it runs as the user postgres, whom the package has made.
package pgtest
