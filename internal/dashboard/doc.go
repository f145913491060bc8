// Package dashboard shows operators the mail: what became of each, why, and what the server said; how the accounts are; the
// mail itself as its reader sees it; and a button to send it again.
//
// An operator signs in with an API key. What stays in the browser is a signed cookie that ends after eight hours or when the
// key is removed; the key itself is kept nowhere. No page holds a script. A mail's HTML is shown in a sandboxed frame under a
// policy of its own, so that nothing in it runs, loads or leaves; what servers said is shown as text.
//
// The handler is safe for use by several goroutines at once, and starts none.
package dashboard
