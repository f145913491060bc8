// Package notify holds the use cases: send, retract, list, mark, prefer, erase. All policy is here; the store below knows
// facts alone, the faces above translate.
//
// Promises: what a method reports as done is durable. Rings go out after the commit and never before it, and a bus that
// fails costs latency, not the answer. Refusals are [belfry.Error]; every other error is Belfry's own failure.
//
// A [Service] is safe for use by several goroutines at once. Its upkeep runs from Start until Close.
package notify
