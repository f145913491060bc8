package load

import (
	"context"
	"fmt"
)

// visitors come and go before memory is measured: what a server has from its first streams on (pages of its code, pools) is
// not what a stream takes, and what starting has left on its heap would hide a part of it. They are as many as make Belfry give
// back what they have left; where fewer streams are measured, as many as these.
const visitors = 1000

// visit opens streams of other people and closes them.
func visit(ctx context.Context, target *Target, o Options) error {
	o.Streams = min(visitors, o.Streams)
	r := newRun(target, &o)
	err := r.connect(ctx)
	r.close()
	if err != nil {
		return fmt.Errorf("visit: %w", err)
	}
	return pause(ctx, settleStreams)
}
