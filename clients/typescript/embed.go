// Package typescript holds Belfry's browser client, bundled: the element <belfry-bell> and all it needs, in one script.
// The sources are beside it in src, and `go generate` makes the bundle from them; running Belfry needs neither.
package typescript

import _ "embed"

//go:generate go run ./bundle

//go:embed dist/belfry.js
var script string

//go:embed dist/api/v1/inbox.js
var inbox string

// Script returns the bundle: an ES module of JavaScript in UTF-8 that defines <belfry-bell> when a page loads it with
// `<script type="module">`. The slice is the caller's own.
func Script() []byte { return []byte(script) }

// Inbox returns the second part of the bundle, in the same form: what the elements show when a person looks. The script loads
// it from `api/v1/inbox.js` beside itself, and it loads nothing but the script. The slice is the caller's own.
func Inbox() []byte { return []byte(inbox) }
