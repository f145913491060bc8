package stream

import (
	"net/http"
	"sync/atomic"
	"time"
)

// A dateline writes the Date of answers. It is made anew when the second has passed: to write it out costs one part in forty
// of what it costs to begin a stream. Safe for use by several goroutines at once; the zero value is ready.
type dateline struct{ last atomic.Pointer[dated] }

type dated struct {
	second int64 // since 1970
	text   string
}

func (d *dateline) append(b []byte, now time.Time) []byte {
	last := d.last.Load()
	if second := now.Unix(); last == nil || last.second != second {
		last = &dated{second, now.UTC().Format(http.TimeFormat)}
		d.last.Store(last)
	}
	return append(b, last.text...)
}
