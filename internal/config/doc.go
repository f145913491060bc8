// Package config reads every setting of the program once, at the edge: from flags, from the environment and from the
// file .env in the working directory, in that order of weight.
//
// A value that cannot be read is an error that names the setting, where it stood, what is wrong and how to mend it, and
// never quotes a secret. A setting whose value is empty counts as not given. Each secret may also be given as the name
// of a file that holds it, in NAME_FILE.
//
// The structs here are the only list of settings: the flags, the help, docs/reference/configuration.md and env.template
// are all made from their tags.
package config

//go:generate go run ./gen
