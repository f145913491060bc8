// Package typescript holds Belfry's browser client, bundled: the element <belfry-bell> and all it needs, in one script.
// The sources are beside it in src, and `go generate` makes the bundle from them; running Belfry needs neither.
package typescript

import _ "embed"

//go:generate go run ./bundle

//go:embed dist/belfry.js
var script string

// Script returns the bundle: an ES module of JavaScript in UTF-8 that defines <belfry-bell> when a page loads it with
// `<script type="module">`. The slice is the caller's own.
func Script() []byte { return []byte(script) }
