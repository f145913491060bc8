package crashtest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A second process on the same file would number the same logs twice: it refuses, says why, and leaves the first alone.
func TestSecondProcessRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := serve(t, dir)
	second := launch(t, dir, nil)
	select {
	case <-second.Exited():
	case <-time.After(patience):
		t.Fatalf("the second process did not end in %v:\n%s", patience, second.Output)
	}
	if got := second.Cmd.ProcessState.ExitCode(); got <= 0 {
		t.Errorf("exit status: got %d, want a failure", got)
	}
	for _, want := range []string{"belfry.db", fmt.Sprint(first.Cmd.Process.Pid)} {
		if !strings.Contains(string(second.Output.Whole()), want) {
			t.Errorf("want %q in what it says:\n%s", want, second.Output)
		}
	}
	if strings.Contains(string(second.Output.Whole()), "ringing") {
		t.Errorf("it announced itself before it refused:\n%s", second.Output)
	}
	send(t, first, "after the second", http.StatusCreated)

	// The lock is the process's, not the file's: it is gone with the process, however that ended.
	first.kill(t)
	third := serve(t, dir)
	if box := newPerson("1").inbox(t.Context(), t, third); len(box.rows) != 1 {
		t.Errorf("rows after the first was killed: got %d, want 1", len(box.rows))
	}
}
