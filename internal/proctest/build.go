//go:build unix

package proctest

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Build builds the program from the repository at root. It stands alone in a temporary folder, which is the caller's to remove.
func Build(root string) (path string, err error) {
	if err := look(root); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "belfry-proctest-")
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, "belfry")
	cmd := exec.Command("go", "build", "-o", path, "./cmd/belfry")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return path, nil
}

// look looks at every file that is built or run. The test cache sees what a test looks at, not what others read for it; without this, a
// broken program would be answered with the good result of the last one.
func look(root string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "data" || strings.HasPrefix(d.Name(), ".git")) {
			return fs.SkipDir
		}
		if slices.Contains([]string{".go", ".mod", ".sum", ".sql", ".js", ".yaml", ".html", ".css", ".py", ".sh"}, filepath.Ext(path)) {
			_, err = os.Stat(path)
		}
		return err
	})
}
