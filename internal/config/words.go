package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/belfryhq/belfry"
)

// Where the words are when nothing says otherwise, in the working directory; missing is no fault.
const (
	defaultCategories = "categories.yaml"
	defaultTemplates  = "templates"
)

// CategoriesFile returns the path of the categories file; empty: there is none.
func (w *Words) CategoriesFile() string {
	if w.Categories != "" {
		return w.Categories
	}
	if _, err := os.Stat(defaultCategories); errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	return defaultCategories
}

// Rules reads the categories file; without one there are no rules.
func (w *Words) Rules() (belfry.Rules, error) {
	path := w.CategoriesFile()
	if path == "" {
		return nil, nil
	}
	rules, err := LoadCategories(path)
	if err != nil {
		return nil, fmt.Errorf("BELFRY_CATEGORIES: %w", err)
	}
	return rules, nil
}

// TemplateFiles opens the directory of the templates; nil: there is none.
func (w *Words) TemplateFiles() (fs.FS, error) {
	path := w.Templates
	if path == "" {
		path = defaultTemplates
	}
	info, err := os.Stat(path)
	switch {
	case w.Templates == "" && errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("BELFRY_TEMPLATES: the directory %s cannot be read (%w); make it, or remove the setting", path, withoutPath(err))
	case !info.IsDir():
		return nil, fmt.Errorf("BELFRY_TEMPLATES: %s is a file; give the directory in which each category has its own", path)
	}
	return os.DirFS(path), nil
}
