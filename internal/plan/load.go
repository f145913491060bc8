package plan

import (
	"errors"
	"fmt"
	"time"
)

// A Load is what is asked: how many people, and what happens to them.
type Load struct {
	People     float64       `json:"people"`
	Connected  float64       `json:"connected"`  // of them at once, at the busiest time
	Streams    float64       `json:"streams"`    // open streams of one who is connected; all tabs of a browser share one
	PerSecond  float64       `json:"per_second"` // notifications to one person each, of all people, mean of the day
	Broadcasts float64       `json:"broadcasts"` // to everyone, in a day
	Peak       float64       `json:"peak"`       // the busiest time, in means of the day
	Batch      float64       `json:"batch"`      // sends in one request
	Visits     float64       `json:"visits"`     // pages with a bell that one person opens in a day
	Mail       float64       `json:"mail"`       // the part of the notifications that is mailed too, from 0 to 1
	Size       float64       `json:"size"`       // bytes of a notification's own: title, body, url, data
	Retention  time.Duration `json:"retention"`
	Heartbeat  time.Duration `json:"heartbeat"`
	Cluster    bool          `json:"cluster"` // several nodes, whether one is enough or not
}

// Validate says what cannot be planned, by the name of the flag.
func (l *Load) Validate() error {
	var faults []error
	within := func(flag string, v, least, most float64, unit string) {
		if !(v >= least && v <= most) {
			faults = append(faults, fmt.Errorf("--%s: %g is out of range; give from %g to %g%s", flag, v, least, most, unit))
		}
	}
	within("users", l.People, 1, 1e10, " people")
	within("connected", l.Connected, 0, l.People, " people, for that is how many there are")
	within("streams", l.Streams, 1, 100, " streams for each who is connected")
	within("rate", l.PerSecond, 0, 1e9, " in a second, of all people together")
	within("broadcasts", l.Broadcasts, 0, 1e6, " in a day")
	within("peak", l.Peak, 1, 1000, " means of the day")
	within("batch", l.Batch, 1, 1000, " sends in a request, which is the most that a bulk takes")
	within("visits", l.Visits, 0, 1000, " in a day")
	within("mail", l.Mail, 0, 1, ", or 0% to 100%")
	within("size", l.Size, 1, 512<<10, " bytes, which is the most that a request may have")
	within("retention", l.Retention.Hours(), 1, 100*365*24, " hours")
	within("heartbeat", l.Heartbeat.Seconds(), 0.1, 30, " seconds")
	return errors.Join(faults...)
}

// divided returns the load of one of n clusters, each with as many of the people as the others.
func (l Load) divided(n int) Load {
	l.People, l.Connected, l.PerSecond = l.People/float64(n), l.Connected/float64(n), l.PerSecond/float64(n)
	l.Cluster = true
	return l
}

const day = 24 * 60 * 60 // seconds
