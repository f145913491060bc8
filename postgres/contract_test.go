package postgres_test

import (
	"testing"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/storetest"
)

func TestContract(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) belfry.Store { return open(t) })
}
