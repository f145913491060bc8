// Package server is Belfry as an http.Handler: the whole product, to be embedded in a Go program or served by the
// belfry command.
//
//	srv, err := server.New(server.Config{Store: store})
//	…
//	err = http.ListenAndServe("127.0.0.1:8000", srv)
//
// A [Server] starts its upkeep in New and runs until Close. It may be used by several goroutines at once. Several
// Servers may live in one process; they share nothing.
package server
