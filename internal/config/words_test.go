package config_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/belfryhq/belfry/internal/config"
)

// The defaults are read where they exist, in the working directory: so this test is alone there.
func TestWordsOfTheWorkingDirectory(t *testing.T) {
	t.Chdir(t.TempDir())
	var words config.Words
	rules, err := words.Rules()
	if err != nil || rules != nil {
		t.Errorf("rules %v, %v without a file, want none", rules, err)
	}
	files, err := words.TemplateFiles()
	if err != nil || files != nil {
		t.Errorf("templates %v, %v without a directory, want none", files, err)
	}
	write(t, "categories.yaml", "order: {class: bulk}\n")
	if err := os.MkdirAll(filepath.Join("templates", "order"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join("templates", "order", "subject.txt"), "An order")
	rules, err = words.Rules()
	if err != nil || rules["order"].Class == nil {
		t.Errorf("rules %v, %v, want those of categories.yaml", rules, err)
	}
	files, err = words.TemplateFiles()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := fs.ReadFile(files, "order/subject.txt"); err != nil || string(got) != "An order" {
		t.Errorf("subject %q, %v; want that of templates/", got, err)
	}
	write(t, "categories.yaml", "order: {colour: red}\n")
	if _, err := words.Rules(); err == nil || !strings.HasPrefix(err.Error(), "BELFRY_CATEGORIES: categories.yaml:1: order") {
		t.Errorf("error %v, want one with setting, file, line and field", err)
	}
}

func TestWordsThatAreNotThere(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "x")
	for _, tt := range []struct{ name, categories, templates, want string }{
		{"no file", file + ".missing", "", "BELFRY_CATEGORIES: read categories"},
		{"no directory", "", file + ".missing", "cannot be read"},
		{"a file for a directory", "", file, "is a file; give the directory"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			words := config.Words{Categories: tt.categories, Templates: tt.templates}
			_, err := words.Rules()
			if err == nil {
				_, err = words.TemplateFiles()
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}
