// Package api is Belfry's HTTP face: it decodes a request, carries out one use case and encodes the answer. The route
// table in api.go is its table of contents.
//
// Handlers return errors; problem.go alone makes a status of them. A client reads [belfry.Error] texts only; every other
// error is written to the log with the request's id and answered as a bland 500. Each path answers with and without its
// trailing slash, and nothing is ever redirected: a redirect would lose a POST.
package api
