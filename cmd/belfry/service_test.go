package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
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
	h := withBodyTimeout(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
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
			if tt.want && w.at.Sub(before) < bodyTimeout {
				t.Errorf("deadline in %v, want at least %v", w.at.Sub(before), bodyTimeout)
			}
		})
	}
}
