package main_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	bundle "github.com/belfryhq/belfry/clients/typescript/bundle"
)

func TestBundleIsFresh(t *testing.T) {
	t.Parallel()
	want, err := bundle.Bundle("..")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join("..", bundle.Output))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the sources make: run `go generate ./clients/typescript` and commit it", bundle.Output)
	}
}

func TestBundleNamesNoPlaceOnTheMachine(t *testing.T) {
	t.Parallel()
	script, err := bundle.Bundle("..")
	if err != nil {
		t.Fatal(err)
	}
	here, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, place := range []string{here, "node_modules", "file://"} {
		if bytes.Contains(script, []byte(place)) {
			t.Errorf("the bundle contains %q", place)
		}
	}
}

func TestBundleSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := bundle.Bundle(t.TempDir())
	if err == nil || !bytes.Contains([]byte(err.Error()), []byte("npm ci")) {
		t.Errorf("got error %v, want one that says to run npm ci", err)
	}
}
