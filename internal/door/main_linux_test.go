package door_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv(poorHouse) != "" { // this is the child of a test
		os.Exit(beginPoor())
	}
	goleak.VerifyTestMain(m)
}
