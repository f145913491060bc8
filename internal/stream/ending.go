package stream

import (
	"slices"

	"github.com/belfryhq/belfry"
)

// An ending is a close reason in one byte; 0: the stream goes on.
type ending uint8

var reasons = [...]belfry.CloseReason{
	"", belfry.CloseClosed, belfry.CloseExpired, belfry.CloseLimit, belfry.CloseDrain, belfry.CloseRevoked,
}

// endingOf returns the ending of a reason; one that is not known is an end all the same.
func endingOf(why belfry.CloseReason) ending {
	return ending(max(slices.Index(reasons[:], why), 1))
}

func (e ending) reason() belfry.CloseReason { return reasons[e] }
