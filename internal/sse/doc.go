// Package sse writes and reads event streams as the WHATWG HTML standard defines them (section 9.2, "Server-sent
// events"): what the Append functions write, a [Reader] and every browser read back the same, up to the line breaks
// inside data, of which CR LF and CR become LF.
//
// It imports the standard library alone and starts nothing. The Append functions share nothing and may be called from
// several goroutines at once; a Reader belongs to one.
package sse
