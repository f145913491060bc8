// Command bundle makes, from the TypeScript sources and from lit-html, dist/belfry.js, the script that a page loads, and the
// script of the inbox, which that loads when the page is at rest. It is run by `go generate` in clients/typescript, needs
// lit-html in node_modules (`npm ci`), and makes the same bytes everywhere.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
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
	for entry, output := range Outputs() {
		script, err := Bundle(dir, entry)
		if err != nil {
			return err
		}
		output = filepath.Join(dir, output)
		if err := os.MkdirAll(filepath.Dir(output), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(output, script, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// The entries: what one script tag loads, the inbox that follows, and the client alone.
const (
	Script = "src/script.ts"
	Inbox  = "src/view.ts"
	Client = "src/index.ts"
)

// Outputs returns where the bundles stand, relative to the client's folder, by their entries. The inbox lies beside the API,
// which every proxy in front of Belfry lets through already.
func Outputs() map[string]string {
	return map[string]string{Script: "dist/belfry.js", Inbox: "dist/api/v1/inbox.js"}
}

// Bundle returns the script made from an entry of the client in dir. It writes nothing.
func Bundle(dir, entry string) ([]byte, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "lit-html", "package.json")); err != nil {
		return nil, fmt.Errorf("lit-html is not installed: run `npm ci` in clients/typescript: %w", err)
	}
	result := api.Build(api.BuildOptions{
		AbsWorkingDir:     dir,
		EntryPoints:       []string{entry},
		Outfile:           "out.js",
		Bundle:            true,
		Format:            api.FormatESModule,
		Platform:          api.PlatformBrowser,
		Target:            api.ES2022,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		Charset:           api.CharsetUTF8, // a module script is UTF-8, whatever charset a server may claim
		LegalComments:     api.LegalCommentsEndOfFile,
		Tsconfig:          "tsconfig.json",
		Plugins: []api.Plugin{
			{Name: "templates", Setup: func(b api.PluginBuild) { shrinkTemplates(b, dir) }},
			{Name: "parts", Setup: func(b api.PluginBuild) { part(b, entry) }},
		},
	})
	if err := failure(result.Errors); err != nil {
		return nil, err
	}
	if len(result.OutputFiles) != 1 {
		return nil, fmt.Errorf("esbuild made %d files, want 1", len(result.OutputFiles))
	}
	return result.OutputFiles[0].Contents, nil
}

// part leaves out of one script what stands in the other. The addresses are relative to where each is.
func part(build api.PluginBuild, entry string) {
	elsewhere := map[string]string{"./view.js": "./api/v1/inbox.js"}
	if entry == Inbox {
		elsewhere = map[string]string{"lit-html": "../../belfry.js"}
	}
	build.OnResolve(api.OnResolveOptions{Filter: `^(\./view\.js|lit-html)$`}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		if to, ok := elsewhere[args.Path]; ok {
			return api.OnResolveResult{Path: to, External: true}, nil
		}
		return api.OnResolveResult{}, nil
	})
}

var (
	indent     = regexp.MustCompile(`\n[ \t]+`)
	stylesheet = regexp.MustCompile("(?s)css`(.*?)`")
)

// shrinkTemplates takes out of the templates what esbuild must leave alone, because to it they are text: the indentation
// of the HTML, where one space means as much, and all that CSS does not need.
func shrinkTemplates(build api.PluginBuild, dir string) {
	sources := "^" + regexp.QuoteMeta(filepath.Join(dir, "src")) + `.*\.ts$`
	build.OnLoad(api.OnLoadOptions{Filter: sources}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		source, err := os.ReadFile(args.Path)
		if err != nil {
			return api.OnLoadResult{}, err
		}
		text, err := shrink(string(source))
		return api.OnLoadResult{Contents: &text, Loader: api.LoaderTS}, err
	})
}

func shrink(source string) (string, error) {
	var failed error
	source = stylesheet.ReplaceAllStringFunc(source, func(tag string) string {
		css := api.Transform(tag[len("css`"):len(tag)-1], api.TransformOptions{
			Loader: api.LoaderCSS, MinifyWhitespace: true, MinifySyntax: true,
		})
		failed = errors.Join(failed, failure(css.Errors))
		return "css`" + strings.ReplaceAll(string(css.Code), `\`, `\\`) + "`"
	})
	return indent.ReplaceAllString(source, "\n"), failed
}

func failure(messages []api.Message) error {
	if len(messages) == 0 {
		return nil
	}
	return errors.New(strings.TrimSpace(strings.Join(api.FormatMessages(messages, api.FormatMessagesOptions{}), "")))
}
