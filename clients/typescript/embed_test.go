package typescript_test

import (
	"bytes"
	"io/fs"
	"regexp"
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
	first := typescript.Script()
	want := first[0]
	first[0]++
	if got := typescript.Script()[0]; got != want {
		t.Errorf("a caller's change of the script is seen by another: got %q, want %q", got, want)
	}
}

// Whatever the script asks for is there.
func TestPartsAreThoseOfTheScript(t *testing.T) {
	t.Parallel()
	parts, err := typescript.Parts()
	if err != nil {
		t.Fatal(err)
	}
	wanted := regexp.MustCompile(`import\("\./api/v1/parts/([^"]+)"\)`).FindAllSubmatch(typescript.Script(), -1)
	if len(wanted) != 6 {
		t.Errorf("the script loads %q, want four languages, the settings and the header", wanted)
	}
	for _, part := range wanted {
		if text, err := fs.ReadFile(parts, string(part[1])); err != nil || len(text) == 0 {
			t.Errorf("%s: got %d bytes, %v", part[1], len(text), err)
		}
	}
}
