package main

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/config"
	"github.com/belfryhq/belfry/server"
)

type keyCmd struct {
	Add    keyAddCmd    `cmd:"" help:"Make a key and print it, this once."`
	List   keyListCmd   `cmd:"" help:"List the keys in the database (those in BELFRY_API_KEYS are not there)."`
	Remove keyRemoveCmd `cmd:"" help:"Remove a key; a running server stops taking it within seconds."`
}

type keyAddCmd struct {
	config.Database
	Name  string `arg:"" help:"What the key is called in logs."`
	Scope string `default:"admin" placeholder:"SCOPE+…" help:"What it may do: send, users, deliveries, or admin, which is everything and the dashboard; several are joined by +."`
	JSON  bool   `help:"Answer in JSON."`
}

// Run makes a key.
func (c *keyAddCmd) Run(ctx context.Context, p *program) error {
	if len(c.Name) == 0 || len(c.Name) > 64 {
		return usagef("%.80q is not a name for a key: 1 to 64 printable characters", c.Name)
	}
	for _, r := range c.Name {
		if !unicode.IsPrint(r) {
			return usagef("%q is not a name for a key: 1 to 64 printable characters", c.Name)
		}
	}
	scopes, err := belfry.ParseScopes(c.Scope)
	if err != nil {
		return usageError{fmt.Errorf("--scope: %w", err)}
	}
	return withDatabase(ctx, c.Database, func(store operatorStore) error {
		secret, err := addKey(ctx, store, c.Name, scopes)
		if conflict := new(belfry.Error); errors.As(err, &conflict) && conflict.Code == belfry.CodeConflict {
			return fmt.Errorf("there is a key named %q; choose another name, or remove it with belfry key remove", c.Name)
		}
		if err != nil {
			return err
		}
		if c.JSON {
			return p.printJSON(map[string]string{"name": c.Name, "key": secret, "scope": scopes.String()})
		}
		p.printf("%s\n", secret)
		p.tell("This is shown once: only its hash is kept. A running server takes it within seconds.")
		return nil
	})
}

type keyListCmd struct {
	config.Database
	JSON bool `help:"Answer in JSON."`
}

// Run lists the keys.
func (c *keyListCmd) Run(ctx context.Context, p *program) error {
	return withDatabase(ctx, c.Database, func(store operatorStore) error {
		keys, err := store.Keys(ctx)
		if err != nil {
			return fmt.Errorf("list keys: %w", err)
		}
		if c.JSON {
			return p.printJSON(map[string]any{"keys": listed(keys)})
		}
		if len(keys) > 0 {
			p.printf("%s\n", p.paint(fmt.Sprintf("%-24s %-28s %-20s %s", "name", "scope", "made", "last used"), dim))
		}
		for _, k := range keys {
			used := "never"
			if !k.LastUsedAt.IsZero() {
				used = k.LastUsedAt.Local().Format(time.DateTime)
			}
			p.printf("%-24s %-28s %-20s %s\n", k.Name, k.Scopes, k.CreatedAt.Local().Format(time.DateTime), used)
		}
		if len(keys) == 0 {
			p.tell("There is none; belfry key add NAME makes one.")
		}
		return nil
	})
}

// A listedKey is a key as a list in JSON has it.
type listedKey struct {
	Name       string  `json:"name"`
	CreatedAt  string  `json:"created_at"`
	Scope      string  `json:"scope"`
	LastUsedAt *string `json:"last_used_at"` // to five minutes; null: never
}

func listed(keys []belfry.Key) []listedKey {
	list := []listedKey{}
	for _, k := range keys {
		one := listedKey{Name: k.Name, CreatedAt: k.CreatedAt.UTC().Format(belfry.TimeFormat), Scope: k.Scopes.String()}
		if !k.LastUsedAt.IsZero() {
			at := k.LastUsedAt.UTC().Format(belfry.TimeFormat)
			one.LastUsedAt = &at
		}
		list = append(list, one)
	}
	return list
}

type keyRemoveCmd struct {
	config.Database
	Name string `arg:"" help:"Which key."`
}

// Run removes a key.
func (c *keyRemoveCmd) Run(ctx context.Context, p *program) error {
	return withDatabase(ctx, c.Database, func(store operatorStore) error {
		err := store.RemoveKey(ctx, c.Name)
		if errors.Is(err, belfry.ErrNotFound) {
			return fmt.Errorf("there is no key named %q; belfry key list names those there are", c.Name)
		}
		if err != nil {
			return fmt.Errorf("remove key %q: %w", c.Name, err)
		}
		p.printf("removed %s\n", c.Name)
		return nil
	})
}

// addKey makes a key, stores its hash and returns its secret.
func addKey(ctx context.Context, store interface {
	AddKey(context.Context, belfry.Key) error
}, name string, scopes belfry.Scopes,
) (string, error) {
	secret, err := server.NewKey()
	if err != nil {
		return "", err
	}
	key := belfry.Key{Name: name, Hash: belfry.HashSecret(secret), Scopes: scopes, CreatedAt: time.Now().UTC().Truncate(time.Millisecond)}
	if err := store.AddKey(ctx, key); err != nil {
		return "", fmt.Errorf("store key %q: %w", name, err)
	}
	return secret, nil
}
