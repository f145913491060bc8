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
	outputs, err := bundle.Outputs("..")
	if err != nil {
		t.Fatal(err)
	}
	if len(outputs) < 7 {
		t.Errorf("got %v, want the script, the settings, the header and four languages", outputs)
	}
	for entry, output := range outputs {
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
// Each number is of bytes, as `gzip -9` leaves them. What a page with the bell and its opened inbox loads is the script, which
// holds the client too, and the words of one language; the settings are loaded by who opens them, and what reads a stream with a
// header where a token is none that the server exchanges for a ticket.
func TestBundleStaysWithinItsBudget(t *testing.T) {
	t.Parallel()
	words, err := bundle.Words("..")
	if err != nil {
		t.Fatal(err)
	}
	var longest int
	for _, entry := range words {
		longest = max(longest, zipped(t, entry))
	}
	for what, c := range map[string]struct{ got, most int }{
		"the client":   {zipped(t, bundle.Client), 5000},
		"the bell":     {zipped(t, bundle.Script) + longest, 15_000},
		"the settings": {zipped(t, bundle.Settings), 700},
		"the header":   {zipped(t, bundle.Header), 550},
	} {
		if c.got > c.most {
			t.Errorf("%s: %d bytes gzipped; the budget is %d", what, c.got, c.most)
		}
	}
}

// zipped returns how many bytes the script of an entry is on its way to a page.
func zipped(t *testing.T, entry string) int {
	t.Helper()
	script, err := bundle.Bundle("..", entry)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(script); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Len()
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
	if err == nil || !bytes.Contains([]byte(err.Error()), []byte(bundle.Script)) {
		t.Errorf("got error %v, want one that names the script", err)
	}
}
