package auth

// Parameter is how a credential is read from a query.
func Parameter(query, name string) string { return parameter(query, name) }
