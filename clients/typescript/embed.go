// Package typescript holds Belfry's browser client, bundled: the element <belfry-bell> and all it needs, in one script, and
// the parts of it that few people want. The sources are beside it in src, and `go generate` makes the bundle from them; running
// Belfry needs neither.
package typescript

import (
	"embed"
	"io/fs"
)

//go:generate go run ./bundle

//go:embed dist/belfry.js
var script string

//go:embed dist/api/v1/parts/*.js
var parts embed.FS

// Script returns the bundle: an ES module of JavaScript in UTF-8 that defines <belfry-bell> when a page loads it with
// `<script type="module">`. The slice is the caller's own.
func Script() []byte { return []byte(script) }

// Parts returns the files that the script loads from `api/v1/parts/` beside itself where they are wanted, in the same form: the
// words of a language other than English, the email settings, and what reads a stream that is asked for with a header. A part
// loads nothing but the script.
func Parts() (fs.FS, error) { return fs.Sub(parts, "dist/api/v1/parts") }
