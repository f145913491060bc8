package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/belfryhq/belfry/internal/config"
)

// TestGuidePlans calculates what the guide shows of `belfry plan`; UPDATE=1 writes it.
func TestGuidePlans(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "docs", "operate", "scale.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	blocks := 0
	want := regexp.MustCompile("(?s)```console\n\\$ belfry ([^\n]*)\n.*?```").ReplaceAllStringFunc(string(text), func(block string) string {
		blocks++
		command, _, _ := strings.Cut(strings.TrimPrefix(block, "```console\n$ belfry "), "\n")
		var out, complaint strings.Builder
		p := &program{stdin: strings.NewReader(""), stdout: &out, stderr: &complaint, settings: config.NewSource(nil, t.TempDir())}
		if status := run(t.Context(), strings.Fields(command), p); status != exitDone || complaint.Len() > 0 {
			t.Errorf("belfry %s: status %d\n%s", command, status, complaint.String())
		}
		return "```console\n$ belfry " + command + "\n" + out.String() + "```"
	})
	if blocks < 4 {
		t.Errorf("the guide has %d plans, want at least 4", blocks)
	}
	if want == string(text) {
		return
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("%s does not show what belfry plan says; write it anew: UPDATE=1 go test ./cmd/belfry -run TestGuidePlans", path)
}
