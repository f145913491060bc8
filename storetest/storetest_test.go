package storetest_test

import (
	"testing"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/storetest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) belfry.Store {
		m := storetest.NewMemory()
		t.Cleanup(func() {
			if err := m.Close(); err != nil {
				t.Error(err)
			}
		})
		return m
	})
}
