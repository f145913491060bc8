// Command bundle makes, from the TypeScript sources, dist/belfry.js, the script that a page loads, and the parts which that
// loads where they are wanted. It is run by `go generate` in clients/typescript, needs nothing but the sources, and makes the
// same bytes everywhere.
package main

import (
	"errors"
	"fmt"
	"os"
	"path"
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
	outputs, err := Outputs(dir)
	if err != nil {
		return err
	}
	for entry, output := range outputs {
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

// The entries: what one script tag loads; what it loads when a person opens the settings, and where a credential must go in a
// header; and the client alone.
const (
	Script   = "src/script.ts"
	Settings = "src/preferences.ts"
	Header   = "src/header.ts"
	Client   = "src/index.ts"
)

// parts is where the scripts lie that the first one loads: below the API, which every proxy in front of Belfry lets through.
const parts = "api/v1/parts/"

// Words returns the entries that are the words of a language each, for the client in dir.
func Words(dir string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "src", "words", "*.ts"))
	for i, file := range files {
		files[i] = "src/words/" + filepath.Base(file)
	}
	return files, err
}

// Outputs returns where the bundles stand, relative to the client's folder dir, by their entries.
func Outputs(dir string) (map[string]string, error) {
	outputs := map[string]string{Script: "dist/belfry.js"}
	words, err := Words(dir)
	for _, entry := range append(words, Settings, Header) {
		outputs[entry] = "dist/" + partOf(entry)
	}
	return outputs, err
}

// partOf returns where the part of an entry lies beside the script.
func partOf(entry string) string {
	return parts + strings.TrimSuffix(path.Base(entry), ".ts") + ".js"
}

// Bundle returns the script made from an entry of the client in dir. It writes nothing.
func Bundle(dir, entry string) ([]byte, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
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
		MangleProps:       internal,
		Tsconfig:          "tsconfig.json",
		Plugins: []api.Plugin{
			{Name: "templates", Setup: func(b api.PluginBuild) { shrinkTemplates(b, dir) }},
			{Name: "parts", Setup: separate},
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

// separate leaves out of each script what stands in another: out of the first, what it loads with `import()`; out of a part,
// what the first one has. The addresses are relative to where each is.
func separate(build api.PluginBuild) {
	build.OnResolve(api.OnResolveOptions{Filter: `\.js$`}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		switch {
		case args.Kind == api.ResolveJSDynamicImport:
			return api.OnResolveResult{Path: "./" + partOf(strings.TrimSuffix(args.Path, ".js")), External: true}, nil
		case strings.HasSuffix(args.Importer, filepath.FromSlash(Settings)):
			return api.OnResolveResult{Path: strings.Repeat("../", strings.Count(parts, "/")) + "belfry.js", External: true}, nil
		}
		return api.OnResolveResult{}, nil
	})
}

var (
	indent     = regexp.MustCompile(`\n[ \t]+`)
	stylesheet = regexp.MustCompile("(?s)css`(.*?)`")
)

// internal are names of properties that are spoken of inside one script alone, and by nobody else: neither by what the page sees,
// nor by the DOM, a message between tabs, or a part. The bundle calls them by a letter.
const internal = `^(address|another|announce|ask|attempt|begin|catchUp|choose|drawn|drawSaid|drawView|dress|expect|leads|loads|look|lost|onKey|` +
	`part|post|probe|reset|rest|reveal|sleep|stand|toggleRead|told|turn|upsert|wake|who|willDraw)$`

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
