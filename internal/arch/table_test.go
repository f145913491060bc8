package arch_test

// A rule is what one package may do. A package without a rule is a violation: a new one is entered here on purpose.
type rule struct {
	layer   string
	pkg     string   // folder, "." is the root
	imports []string // of our packages, in what is not a test
	modules []string // of others, in what is not a test; each must be in use
	std     []string // of the standard library; nil: all
	tests   bool     // may be imported by tests alone
}

const root = "."

// table is the import table. It is read from the top: each layer stands on those above it, and within a layer nobody
// imports a neighbour.
func table() []rule {
	return []rule{
		{layer: "words", pkg: root},
		{layer: "words", pkg: "internal/sse"},
		{layer: "words", pkg: "internal/socket", modules: []string{"golang.org/x/sys"}},
		{layer: "words", pkg: "internal/plan", std: []string{"errors", "fmt", "math", "slices", "strconv", "strings", "time"}}, // arithmetic

		// What the adapters of one port have in common: listeners, and rings as bytes on a wire.
		{layer: "wires", pkg: "internal/wirebus", imports: []string{root}},
		{layer: "wires", pkg: "internal/move"},

		{layer: "adapters", pkg: "sqlite", imports: []string{root, "internal/move"}, modules: []string{"modernc.org/sqlite", "github.com/pressly/goose/v3", "golang.org/x/sys"}},
		{layer: "adapters", pkg: "django", imports: []string{root}, modules: []string{"modernc.org/sqlite", "github.com/jackc/pgx/v5"}},
		{layer: "adapters", pkg: "postgres", imports: []string{root, "internal/move", "internal/wirebus"}, modules: []string{"github.com/jackc/pgx/v5", "github.com/pressly/goose/v3"}},
		{layer: "adapters", pkg: "natsbus", imports: []string{root, "internal/wirebus"}, modules: []string{"github.com/nats-io/nats.go"}},
		{layer: "adapters", pkg: "client", imports: []string{root, "internal/sse"}},
		{layer: "adapters", pkg: "internal/membus", imports: []string{root, "internal/wirebus"}},
		{layer: "adapters", pkg: "smtpmail", imports: []string{root}, modules: []string{"go.yaml.in/yaml/v3", "golang.org/x/net", "golang.org/x/oauth2"}},

		{layer: "contracts", pkg: "storetest", imports: []string{root}, tests: true, modules: []string{"github.com/google/go-cmp", "pgregory.net/rapid"}},
		{layer: "contracts", pkg: "bustest", imports: []string{root}, tests: true},
		{layer: "contracts", pkg: "internal/proctest", tests: true},
		{layer: "contracts", pkg: "internal/pgtest"}, // of tests, and of measurements

		{layer: "work", pkg: "internal/notify", imports: []string{root}},
		{layer: "work", pkg: "internal/deliver", imports: []string{root}},
		{
			layer: "work", pkg: "internal/letter", imports: []string{root},
			modules: []string{
				"github.com/PuerkitoBio/goquery", "github.com/k3a/html2text", "github.com/vanng822/go-premailer", "github.com/wneessen/go-mail", "golang.org/x/net",
			},
		},
		{layer: "work", pkg: "internal/stream", imports: []string{root, "internal/sse", "internal/socket"}, modules: []string{"golang.org/x/sys"}},
		{layer: "work", pkg: "internal/door", imports: []string{"internal/socket"}, modules: []string{"golang.org/x/sys"}},
		{layer: "work", pkg: "internal/peers", imports: []string{root}},
		{layer: "work", pkg: "internal/limit"},
		{
			layer: "work", pkg: "internal/auth", imports: []string{root},
			modules: []string{
				"github.com/MicahParks/jwkset", "github.com/go-json-experiment/json", "github.com/golang-jwt/jwt/v5", "github.com/sony/gobreaker/v2",
				"golang.org/x/sync",
			},
		},

		{
			layer: "faces", pkg: "internal/api", imports: []string{root, "internal/notify", "internal/stream", "internal/auth", "internal/limit", "api"},
			modules: []string{"github.com/go-json-experiment/json", "go.yaml.in/yaml/v3"},
		},

		{layer: "faces", pkg: "internal/dashboard", imports: []string{root, "internal/auth", "internal/letter", "internal/limit"}},

		{
			layer: "assembly", pkg: "server",
			imports: []string{root, "internal/notify", "internal/stream", "internal/door", "internal/auth", "internal/deliver", "internal/letter", "internal/limit", "internal/peers", "internal/api", "internal/dashboard", "internal/membus", "api", "clients/typescript"},
			modules: []string{"github.com/prometheus/client_golang"},
		},

		{layer: "program", pkg: "internal/config", imports: []string{root}, modules: []string{"github.com/alecthomas/kong", "go.yaml.in/yaml/v3"}},
		{layer: "program", pkg: "internal/config/gen", imports: []string{"internal/config"}},
		{
			layer: "program", pkg: "cmd/belfry",
			imports: []string{root, "server", "sqlite", "postgres", "natsbus", "django", "client", "smtpmail", "internal/config", "internal/demo", "internal/conformance", "internal/fakegmail", "internal/load", "internal/move", "internal/plan"},
			modules: []string{"github.com/alecthomas/kong", "github.com/go-json-experiment/json", "github.com/golang-jwt/jwt/v5", "golang.org/x/term"},
		},

		{layer: "program", pkg: "bench/naive", std: []string{"fmt", "io", "net", "net/http", "os", "sync"}},
		{layer: "program", pkg: "bench/table", imports: []string{"internal/load", "internal/pgtest"}},

		// The sample app is a customer: it knows what customers know.
		{layer: "samples", pkg: "internal/demo", imports: []string{root, "client"}},
		{layer: "samples", pkg: "examples/go", imports: []string{root, "server", "sqlite"}},

		// The suites speak HTTP to whatever stands there, and must not agree with a bug by sharing it.
		{layer: "suites", pkg: "internal/conformance", imports: []string{"internal/sse"}},
		{layer: "suites", pkg: "internal/crashtest"},
		{layer: "suites", pkg: "internal/djangotest"},
		{layer: "suites", pkg: "internal/fakegmail"},
		{layer: "suites", pkg: "internal/mailtest"},
		{layer: "suites", pkg: "internal/load"},
		{layer: "suites", pkg: "internal/soaktest"},
		{layer: "suites", pkg: "internal/arch"},

		// What other languages read, embedded beside its sources.
		{layer: "embedded", pkg: "api", std: []string{"embed"}},
		{layer: "embedded", pkg: "clients/typescript", std: []string{"embed", "io/fs"}},
		{layer: "embedded", pkg: "clients/typescript/bundle", modules: []string{"github.com/evanw/esbuild"}},
	}
}

// testModules are what any test may use. Tests may import any of our packages too: they go through the front door.
func testModules() []string {
	return []string{
		"github.com/go-json-experiment/json",
		"github.com/golang-jwt/jwt/v5",
		"github.com/google/go-cmp",
		"github.com/jackc/pgx/v5",
		"github.com/nats-io/nats-server/v2",
		"github.com/rogpeppe/go-internal",
		"github.com/santhosh-tekuri/jsonschema/v6",
		"go.uber.org/goleak",
		"go.yaml.in/yaml/v3",
		"pgregory.net/rapid",
	}
}
