package typescript_test

import (
	"bytes"
	"testing"

	"github.com/belfryhq/belfry/clients/typescript"
)

func TestScriptDefinesTheElement(t *testing.T) {
	t.Parallel()
	if got := typescript.Script(); !bytes.Contains(got, []byte(`define("belfry-bell"`)) {
		t.Errorf("the script of %d bytes does not define <belfry-bell>", len(got))
	}
}

func TestScriptIsTheCallersOwn(t *testing.T) {
	t.Parallel()
	for _, script := range []func() []byte{typescript.Script, typescript.Inbox} {
		first := script()
		want := first[0]
		first[0]++
		if got := script()[0]; got != want {
			t.Errorf("a caller's change of the script is seen by another: got %q, want %q", got, want)
		}
	}
}
