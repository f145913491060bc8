// Package conformance tests any server that claims Belfry's wire contract, version 1, over HTTP and nothing else: it knows
// a base URL and credentials, no internals.
//
// The cases are isolated by people of their own, whom they erase at the end, so that they run side by side and whatever
// the server holds already; those that broadcast run one at a time after the others and retract what they sent. Everyone
// sees a broadcast for that moment, so a server that people use is no place for them. A case fails with the requests that
// led there and their answers, without credentials.
//
// Run and Case.Try may be called from several goroutines at once; both return when everything they started has ended.
package conformance
