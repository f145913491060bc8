package deploy_test

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// stages reads the Dockerfile as BuildKit does.
func stages(t *testing.T) (build, image instructions.Stage) {
	t.Helper()
	parsed, err := parser.Parse(bytes.NewReader(read(t, "../Dockerfile")))
	if err != nil {
		t.Fatal(err)
	}
	all, _, err := instructions.Parse(parsed.AST, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 {
		t.Fatalf("the Dockerfile has %d stages, want one that builds and the image", len(all))
	}
	return all[0], all[1]
}

// one returns the only command of its kind.
func one[C instructions.Command](t *testing.T, s instructions.Stage) C {
	t.Helper()
	found := every[C](s)
	if len(found) != 1 {
		t.Fatalf("stage %q has %d of %T, want 1", s.Name, len(found), *new(C))
	}
	return found[0]
}

func every[C instructions.Command](s instructions.Stage) (found []C) {
	for _, command := range s.Commands {
		if c, ok := command.(C); ok {
			found = append(found, c)
		}
	}
	return found
}

// The Go that builds is the one that go.mod asks for, and the rest agrees with what the program does by itself.
func TestDockerfileAgrees(t *testing.T) {
	t.Parallel()
	build, image := stages(t)
	mod := string(read(t, "../go.mod"))
	_, version, _ := strings.Cut(build.BaseName, ":")
	if !strings.HasPrefix(build.BaseName, "golang:") || !strings.Contains(mod, "\ngo "+version+".") {
		t.Errorf("it is built by %s, and go.mod says otherwise", build.BaseName)
	}
	if image.BaseName != "scratch" {
		t.Errorf("the image stands on %s", image.BaseName)
	}
	env := environment(image)
	for name := range env {
		known(t, "the Dockerfile", name)
	}
	if port := one[*instructions.ExposeCommand](t, image).Ports[0]; env["BELFRY_ADDR"] != ":"+port || port != "8000" { // where health asks by itself
		t.Errorf("it listens at %s, and port %s is exposed", env["BELFRY_ADDR"], port)
	}
	data := one[*instructions.VolumeCommand](t, image).Volumes[0]
	if env["BELFRY_DATABASE_URL"] != "sqlite:"+data+"/belfry.db" || one[*instructions.WorkdirCommand](t, image).Path != data {
		t.Errorf("the volume is %s, and the environment %v", data, env)
	}
	if signal := one[*instructions.StopSignalCommand](t, image).Signal; signal != "SIGTERM" {
		t.Errorf("it is stopped by %s, and drains on SIGTERM", signal)
	}
}

func environment(s instructions.Stage) map[string]string {
	env := map[string]string{}
	for _, e := range every[*instructions.EnvCommand](s) {
		for _, pair := range e.Env {
			env[pair.Key] = pair.Value
		}
	}
	return env
}

// ignored reads .dockerignore as Docker does.
func ignored(t *testing.T) func(string) bool {
	t.Helper()
	patterns, err := ignorefile.ReadAll(bytes.NewReader(read(t, "../.dockerignore")))
	if err != nil {
		t.Fatal(err)
	}
	matcher, err := patternmatcher.New(patterns)
	if err != nil {
		t.Fatal(err)
	}
	return func(name string) bool {
		yes, err := matcher.MatchesOrParentMatches(name)
		if err != nil {
			t.Fatal(err)
		}
		return yes
	}
}

// Secrets and databases stay out of the context, and all that git knows is in it: else the version that Go writes into the program
// would be +dirty.
func TestDockerIgnore(t *testing.T) {
	t.Parallel()
	ignore := ignored(t)
	for _, name := range []string{".env", ".env.production", "examples/django/.env", "belfry.db", "belfry.db-wal", "sub/demo.db", "belfry", "bin/golangci-lint", "clients/typescript/node_modules/x/y.js"} {
		if !ignore(name) {
			t.Errorf("%s is sent to the builder", name)
		}
	}
	list := exec.Command("git", "-C", "..", "ls-files", "-z")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	names := strings.Split(strings.TrimRight(string(out), "\x00"), "\x00")
	if len(names) < 100 {
		t.Fatalf("git knows %d files: this is not the repository", len(names))
	}
	for _, name := range names {
		if ignore(name) {
			t.Errorf("%s is in git and not sent to the builder", name)
		}
	}
}

// buildContext copies what the builder gets, but for git's own: what it adds is a version.
func buildContext(t *testing.T, to string) {
	t.Helper()
	ignore := ignored(t)
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel("..", path)
		switch {
		case err != nil || name == ".":
			return err
		case name == ".git" && d.IsDir(), d.IsDir() && ignore(name):
			return fs.SkipDir
		case name == ".git" || ignore(name) || !d.IsDir() && !d.Type().IsRegular():
			return nil
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, name), 0o755)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), text, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
}
