package stream_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/stream"
)

// Whoever was looked at before a hang-up and joins after it is told what those were told who were there.
func TestHangupBeforeJoining(t *testing.T) {
	t.Parallel()
	ring := func(user, connection string, why belfry.CloseReason) belfry.Ring {
		return belfry.Ring{User: user, Hangup: belfry.Hangup{Connection: connection, Reason: why}}
	}
	many := make([]belfry.Ring, 5000)
	for i := range many {
		many[i] = ring(fmt.Sprint("somebody", i), "", belfry.CloseRevoked)
	}
	for name, test := range map[string]struct {
		rings []belfry.Ring
		want  string
	}{
		"nothing":                           {nil, "connection 0 0"},
		"everything is revoked":             {[]belfry.Ring{ring("ada", "", belfry.CloseRevoked)}, "close revoked"},
		"one token is revoked":              {[]belfry.Ring{ring("ada", "", belfry.CloseExpired)}, "close expired"},
		"the last word counts":              {[]belfry.Ring{ring("ada", "", belfry.CloseRevoked), ring("ada", "", belfry.CloseExpired)}, "close expired"},
		"everyone's":                        {[]belfry.Ring{ring("", "", belfry.CloseRevoked)}, "close revoked"},
		"another person's":                  {[]belfry.Ring{ring("bob", "", belfry.CloseRevoked)}, "connection 0 0"},
		"one stream's":                      {[]belfry.Ring{ring("ada", "c-1", belfry.CloseRevoked)}, "connection 0 0"},
		"the person closed what was open":   {[]belfry.Ring{ring("ada", "", belfry.CloseClosed)}, "connection 0 0"},
		"among many":                        {append(many[:100:100], ring("ada", "", belfry.CloseRevoked)), "close revoked"},
		"too many to remember":              {append([]belfry.Ring{ring("ada", "", belfry.CloseRevoked)}, many...), "close expired"},
		"too many, and nothing of hers":     {many, "close expired"},
		"as many as are remembered":         {many[:256], "connection 0 0"},
		"as many as are, and hers is first": {append([]belfry.Ring{ring("ada", "", belfry.CloseRevoked)}, many[:255]...), "close revoked"},
	} {
		for where, before := range map[string][]belfry.Ring{"at the start": nil, "later": many[:300]} {
			t.Run(name+" "+where, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					n := start(t)
					n.ring(before)
					mark := n.hub.Mark()
					n.ring(test.rings)
					p := n.open(stream.Request{User: "ada", Mark: mark})
					synctest.Wait()
					if got := lastWord(p); got != test.want {
						t.Errorf("got %q, want %q", got, test.want)
					}
					after := n.open(stream.Request{User: "ada", Mark: n.hub.Mark()})
					synctest.Wait()
					if got := lastWord(after); got != "connection 0 0" {
						t.Errorf("whoever is looked at afterwards: got %q, want a stream", got)
					}
					p.leave()
					after.leave()
					if s := n.hub.Stats(); s.Connections != 0 {
						t.Errorf("%d streams are left", s.Connections)
					}
				})
			})
		}
	}
}
