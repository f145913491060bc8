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
	"github.com/belfryhq/belfry/sqlite"
)

type keyCmd struct {
	Add    keyAddCmd    `cmd:"" help:"Make a key and print it, this once."`
	List   keyListCmd   `cmd:"" help:"List the keys in the database (those in BELFRY_API_KEYS are not there)."`
	Remove keyRemoveCmd `cmd:"" help:"Remove a key; a running server stops taking it within seconds."`
}

type keyAddCmd struct {
	config.Database
	Name string `arg:"" help:"What the key is called in logs."`
	JSON bool   `help:"Answer in JSON."`
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
	return withDatabase(ctx, c.Database, func(store *sqlite.Admin) error {
		secret, err := addKey(ctx, store, c.Name)
		if conflict := new(belfry.Error); errors.As(err, &conflict) && conflict.Code == belfry.CodeConflict {
			return fmt.Errorf("there is a key named %q; choose another name, or remove it with belfry key remove", c.Name)
		}
		if err != nil {
			return err
		}
		if c.JSON {
			return p.printJSON(map[string]string{"name": c.Name, "key": secret})
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
	return withDatabase(ctx, c.Database, func(store *sqlite.Admin) error {
		keys, err := store.Keys(ctx)
		if err != nil {
			return fmt.Errorf("list keys: %w", err)
		}
		if c.JSON {
			type key struct {
				Name      string `json:"name"`
				CreatedAt string `json:"created_at"`
			}
			list := []key{}
			for _, k := range keys {
				list = append(list, key{k.Name, k.CreatedAt.UTC().Format(belfry.TimeFormat)})
			}
			return p.printJSON(map[string]any{"keys": list})
		}
		for _, k := range keys {
			p.printf("%-24s %s\n", k.Name, p.paint(k.CreatedAt.Local().Format(time.DateTime), dim))
		}
		if len(keys) == 0 {
			p.tell("There is none; belfry key add NAME makes one.")
		}
		return nil
	})
}

type keyRemoveCmd struct {
	config.Database
	Name string `arg:"" help:"Which key."`
}

// Run removes a key.
func (c *keyRemoveCmd) Run(ctx context.Context, p *program) error {
	return withDatabase(ctx, c.Database, func(store *sqlite.Admin) error {
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
}, name string,
) (string, error) {
	secret, err := server.NewKey()
	if err != nil {
		return "", err
	}
	key := belfry.Key{Name: name, Hash: belfry.HashSecret(secret), CreatedAt: time.Now().UTC().Truncate(time.Millisecond)}
	if err := store.AddKey(ctx, key); err != nil {
		return "", fmt.Errorf("store key %q: %w", name, err)
	}
	return secret, nil
}
