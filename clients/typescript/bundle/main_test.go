package main_test

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"

	bundle "github.com/belfryhq/belfry/clients/typescript/bundle"
)

func TestBundleIsFresh(t *testing.T) {
	t.Parallel()
	for entry, output := range bundle.Outputs() {
		want, err := bundle.Bundle("..", entry)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join("..", output))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the sources make: run `go generate ./clients/typescript` and commit it", output)
		}
	}
}

// What a page loads is a promise: a feature that costs more than its budget is a decision, and changes the number with it.
func TestBundleStaysWithinItsBudget(t *testing.T) {
	t.Parallel()
	for entry, most := range map[string]int{bundle.Client: 5400, bundle.Script: 15_000, bundle.Inbox: 7000} {
		script, err := bundle.Bundle("..", entry)
		if err != nil {
			t.Fatal(err)
		}
		var zipped bytes.Buffer
		w, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(script); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if got := zipped.Len(); got > most {
			t.Errorf("%s is %d bytes gzipped; its budget is %d", entry, got, most)
		}
	}
}

func TestBundleNamesNoPlaceOnTheMachine(t *testing.T) {
	t.Parallel()
	script, err := bundle.Bundle("..", bundle.Script)
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
	_, err := bundle.Bundle(t.TempDir(), bundle.Script)
	if err == nil || !bytes.Contains([]byte(err.Error()), []byte("npm ci")) {
		t.Errorf("got error %v, want one that says to run npm ci", err)
	}
}
