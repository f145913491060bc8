package main

import "github.com/belfryhq/belfry/internal/config"

// appKey is the API key of a command that acts as an app's back end.
type appKey struct {
	config.RemoteKey
	config.APIKeys
}

// reveal returns the key: that of BELFRY_API_KEY, or the first that a server with the same settings takes.
func (k *appKey) reveal() (string, error) {
	if k.APIKey.Reveal() != "" {
		return k.APIKey.Reveal(), nil
	}
	if len(k.Keys) > 0 {
		return k.Keys[0].Key.Reveal(), nil
	}
	return "", usagef("no API key; give the server's as BELFRY_API_KEY (belfry key add makes one)")
}
