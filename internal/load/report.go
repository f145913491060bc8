package load

import (
	"fmt"
	"math"
	"strings"
)

// A Report says what a load found.
type Report struct {
	Mode    Mode `json:"mode"`
	Streams int  `json:"streams"` // that were answered

	ConnectSeconds float64 `json:"connect_seconds"`
	QuietSeconds   float64 `json:"quiet_seconds,omitempty"` // of Idle

	Sent       int64   `json:"sent"`       // requests' letters: a broadcast is one
	Due        int64   `json:"due"`        // deliveries
	Delivered  int64   `json:"delivered"`  // of them
	Lost       int64   `json:"lost"`       // of them
	Doubled    int64   `json:"doubled"`    // came again
	Disordered int64   `json:"disordered"` // came after one that was sent later
	Foreign    int64   `json:"foreign"`    // came and was never sent, or to another
	Ended      int     `json:"ended"`      // streams that the server ended
	Seconds    float64 `json:"seconds,omitempty"`
	PerSecond  float64 `json:"deliveries_per_second,omitempty"`

	Latency *Latency   `json:"latency,omitempty"`
	Cost    *Cost      `json:"cost,omitempty"` // nil: the server's processes cannot be looked at
	Resume  []Position `json:"resume,omitempty"`
	Growth  []Size     `json:"growth,omitempty"`
}

// Cost is what a load cost the server.
type Cost struct {
	ConnectCPU  float64 `json:"connect_cpu_us"`         // for each stream, from the connect to the answer
	Memory      float64 `json:"kib_per_stream"`         // resident, a moment after the last was answered
	Resident    float64 `json:"resident_mib"`           // in all
	QuietCPU    float64 `json:"idle_cpu_percent"`       // of one processor, in Idle
	DeliveryCPU float64 `json:"cpu_us_per_delivery"`    // from the first request to a moment after the last arrival
	ClientCPU   float64 `json:"client_us_per_delivery"` // of this process meanwhile
}

// A Position is a place to resume from.
type Position struct {
	Name   string    `json:"name"`
	Behind int       `json:"behind"` // how many are replayed
	Rounds []Latency `json:"rounds"` // from the request to the first replayed frame
}

// A Size is what one number of streams cost.
type Size struct {
	Streams int     `json:"streams"`
	Memory  float64 `json:"kib_per_stream"`
	Fanout  float64 `json:"fanout_cpu_us_per_delivery"`
	Unicast float64 `json:"unicast_cpu_us_per_delivery"`
}

// Sound returns an error that names what was not delivered as it should be; nil when everything was.
func (r *Report) Sound() error {
	var faults []string
	for _, f := range []struct {
		n    int64
		what string
	}{
		{r.Lost, "lost"}, {r.Doubled, "doubled"}, {r.Disordered, "out of order"}, {r.Foreign, "never sent there"}, {int64(r.Ended), "streams ended by the server"},
	} {
		if f.n > 0 {
			faults = append(faults, fmt.Sprintf("%d %s", f.n, f.what))
		}
	}
	if faults == nil {
		return nil
	}
	return fmt.Errorf("of %d deliveries: %s", r.Due, strings.Join(faults, ", "))
}

// round keeps so many digits behind the point; more would be noise.
func round(f float64, digits int) float64 {
	p := math.Pow10(digits)
	return math.Round(f*p) / p
}
