// Command gen writes the files that are made from the settings: docs/reference/configuration.md and env.template. It
// is run by go generate in the directory above it.
package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/belfryhq/belfry/internal/config"
)

func main() {
	root := filepath.Join("..", "..")
	for path, write := range map[string]func(io.Writer) error{
		filepath.Join(root, "docs", "reference", "configuration.md"): config.WriteReference,
		filepath.Join(root, "env.template"):                          config.WriteTemplate,
	} {
		var b bytes.Buffer
		err := write(&b)
		if err == nil {
			err = os.WriteFile(path, b.Bytes(), 0o644)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "gen:", err)
			os.Exit(1)
		}
	}
}
