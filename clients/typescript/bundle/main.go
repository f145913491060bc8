// Command bundle makes dist/belfry.js, the script that a page loads, from the TypeScript sources and from lit. It is run
// by `go generate` in clients/typescript, needs lit in node_modules (`npm ci`), and makes the same bytes everywhere.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "bundle:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	script, err := Bundle(dir)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, Output), script, 0o644)
}

// Output is where the bundle stands, relative to the client's folder.
const Output = "dist/belfry.js"

// Bundle returns the script made from the client in dir. It writes nothing.
func Bundle(dir string) ([]byte, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "lit", "package.json")); err != nil {
		return nil, fmt.Errorf("lit is not installed: run `npm ci` in clients/typescript: %w", err)
	}
	result := api.Build(api.BuildOptions{
		AbsWorkingDir:     dir,
		EntryPoints:       []string{"src/belfry.ts"},
		Outfile:           Output,
		Bundle:            true,
		Format:            api.FormatESModule,
		Platform:          api.PlatformBrowser,
		Target:            api.ES2022,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		Charset:           api.CharsetASCII, // right under any charset a server may claim
		LegalComments:     api.LegalCommentsEndOfFile,
		Tsconfig:          "tsconfig.json",
	})
	if len(result.Errors) > 0 {
		texts := api.FormatMessages(result.Errors, api.FormatMessagesOptions{})
		return nil, errors.New(strings.TrimSpace(strings.Join(texts, "")))
	}
	if len(result.OutputFiles) != 1 {
		return nil, fmt.Errorf("esbuild made %d files, want 1", len(result.OutputFiles))
	}
	return result.OutputFiles[0].Contents, nil
}
