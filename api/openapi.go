// Package api holds the wire contract as an OpenAPI 3.1 document. It is written by hand; tests hold the routes and every
// answer to it.
package api

import _ "embed"

//go:embed openapi.yaml
var document string

// OpenAPI returns the document, in YAML.
func OpenAPI() string { return document }
