package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"github.com/belfryhq/belfry/internal/config"
	"github.com/belfryhq/belfry/server"
)

// A deadlined is a ResponseWriter that keeps the read deadline it is given.
type deadlined struct {
	*httptest.ResponseRecorder
	at time.Time
}

func (d *deadlined) SetReadDeadline(t time.Time) error {
	d.at = t
	return nil
}

func TestABodyMustComeInTimeAndAStreamNeedNot(t *testing.T) {
	t.Parallel()
	h := withBodyTimeout(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), time.Minute)
	tests := []struct {
		name   string
		length int64
		want   bool
	}{
		{"no body", 0, false},
		{"a body", 5, true},
		{"a body of unknown length", -1, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := &deadlined{ResponseRecorder: httptest.NewRecorder()}
			r := httptest.NewRequestWithContext(t.Context(), "POST", "/", strings.NewReader("hello"))
			r.ContentLength = tt.length
			before := time.Now()
			h.ServeHTTP(w, r)
			if got := !w.at.IsZero(); got != tt.want {
				t.Fatalf("deadline set: %v, want %v", got, tt.want)
			}
			if tt.want && w.at.Sub(before) < time.Minute {
				t.Errorf("deadline in %v, want at least a minute", w.at.Sub(before))
			}
		})
	}
}

// The defaults of the settings and those of the library are the same.
func TestTheSettingsDefaultToTheLibrarysLimits(t *testing.T) {
	t.Parallel()
	var c struct{ config.Limits }
	parser, err := kong.New(&c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(server.DefaultLimits(), limits(&c.Limits)); diff != "" {
		t.Errorf("the library (-) and the settings (+) differ:\n%s", diff)
	}
}
