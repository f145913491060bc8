package belfry_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/belfryhq/belfry"
)

func TestErrorsCompareByCode(t *testing.T) {
	t.Parallel()
	wrapped := fmt.Errorf("find %q: %w", "x", belfry.Errorf(belfry.CodeUnknown, "No notification %d.", 7))
	if !errors.Is(wrapped, belfry.ErrNotFound) {
		t.Error("a wrapped error of the same code is not the same")
	}
	for _, other := range []error{belfry.ErrFull, belfry.ErrKeyReused, io.EOF} {
		if errors.Is(wrapped, other) {
			t.Errorf("%v is taken for %v", wrapped, other)
		}
	}
	if errors.Is(io.EOF, belfry.ErrNotFound) {
		t.Error("a foreign error is taken for one of ours")
	}
	var e *belfry.Error
	if !errors.As(wrapped, &e) || e.Detail != "No notification 7." {
		t.Errorf("got %v out of the wrapping, want the error with its detail", e)
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	if got := belfry.Errorf(belfry.CodeForbidden, "No.").Error(); got != "No." {
		t.Errorf("got %q, want the detail", got)
	}
	err := belfry.Invalid(belfry.FieldError{Field: "to", Message: "is required"}, belfry.FieldError{Field: "url", Message: "is bad"})
	if got, want := err.Error(), "The request is not valid; see errors. (to: is required; url: is bad)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if err.Code != belfry.CodeInvalid {
		t.Errorf("got the code %s, want %s", err.Code, belfry.CodeInvalid)
	}
}
