package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/belfryhq/belfry/internal/config"
	"github.com/belfryhq/belfry/server"
)

// demoSecrets are what the demo makes at its first start and keeps beside its data, so that a restart knows the sessions
// and the key of before. They are made at random: no two demos share them.
type demoSecrets struct {
	JWTSecret string `json:"jwt_secret"`
	APIKey    string `json:"api_key"`
}

// keepSecrets fills in the secrets that the settings leave open.
func (c *demoCmd) keepSecrets() error {
	path := c.DatabaseURL.Path() + "-secrets.json"
	if _, ok := c.DatabaseURL.Postgres(); ok { // which has no directory
		path = "belfry-demo-secrets.json"
	}
	kept, err := readSecrets(path)
	if err != nil {
		return fmt.Errorf("read the demo's secrets in %s: %w; remove the file to make new ones", path, err)
	}
	if kept == (demoSecrets{}) {
		kept.JWTSecret = rand.Text() + rand.Text()
		if kept.APIKey, err = server.NewKey(); err != nil {
			return err
		}
		if err := writeSecrets(path, kept); err != nil {
			return fmt.Errorf("keep the demo's secrets beside its data: %w; choose another place with --database-url", err)
		}
	}
	if c.JWTSecret.Reveal() == "" {
		c.JWTSecret.Secret = config.Secret(kept.JWTSecret)
	}
	if len(c.Keys) == 0 {
		c.Keys = config.Keys{{Name: "demo", Key: config.Secret(kept.APIKey)}}
	}
	return nil
}

func readSecrets(path string) (demoSecrets, error) {
	var s demoSecrets
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	if json.Unmarshal(b, &s) != nil || s.JWTSecret == "" || s.APIKey == "" {
		return s, errors.New("it does not hold what the demo wrote")
	}
	return s, nil
}

func writeSecrets(path string, s demoSecrets) error {
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o600)
}
