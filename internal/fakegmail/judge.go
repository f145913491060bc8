package fakegmail

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A random is a source of faults of every kind.
type random struct {
	seed   uint64
	chance int // in a hundred
}

func parseRandom(s string) (*random, error) {
	seed, chance, _ := strings.Cut(s, "/")
	r := &random{chance: 10}
	var err error
	if r.seed, err = strconv.ParseUint(seed, 10, 64); err != nil {
		return nil, fmt.Errorf("%q is not a seed: give a whole number", seed)
	}
	if chance != "" {
		r.chance, err = strconv.Atoi(strings.TrimSuffix(chance, "%"))
		if err != nil || r.chance < 1 || r.chance > 100 {
			return nil, fmt.Errorf("%q is no chance: give 1%% to 100%%", chance)
		}
	}
	return r, nil
}

// A running is a scenario and how far it has come. It is shared by all connections.
type running struct {
	Scenario
	mu      sync.Mutex
	reached []int                  // by rule: how often its conditions held
	times   map[string][]time.Time // by rule and user: what a limit counts
	rand    *rand.Rand
}

func newRunning(s Scenario) *running {
	r := &running{Scenario: s, reached: make([]int, len(s.rules)), times: map[string][]time.Time{}}
	if s.random != nil {
		r.rand = rand.New(rand.NewPCG(s.random.seed, 0))
	}
	return r
}

// A situation is what conditions look at.
type situation struct {
	stage Stage
	conn  int
	user  string
	from  string
	to    []string
	now   time.Time
}

// A verdict is what the server does at a stage, beside or instead of what it would do.
type verdict struct {
	wait   time.Duration
	deed   deed // answering, dropping, losing, hanging; 0: as usual
	answer Answer
	reset  bool
	breaks []rule // armed here
}

// judge is called once each time a stage is reached. Waits add up; of the rest, the first rule that holds decides.
func (r *running) judge(s situation) verdict {
	r.mu.Lock()
	defer r.mu.Unlock()
	var v verdict
	for i := range r.rules {
		rule := &r.rules[i]
		if !rule.concerns(s) {
			continue
		}
		r.reached[i]++
		if !rule.isTurn(r.reached[i]) || rule.deed == limiting && !r.over(i, s) {
			continue
		}
		switch {
		case rule.at != "":
			v.breaks = append(v.breaks, *rule)
		case rule.deed == stalling:
			v.wait += rule.wait
		case v.deed != 0: // decided
		case rule.deed == limiting:
			v.deed, v.answer = answering, rule.answer
		default:
			v.deed, v.answer, v.reset = rule.deed, rule.answer, rule.reset
		}
	}
	if v.deed == 0 && r.rand != nil {
		r.accident(s.stage, &v)
	}
	return v
}

// concerns reports whether the conditions hold that are not about numbers.
func (r *rule) concerns(s situation) bool {
	if r.stage != s.stage || r.conn > 0 && r.conn != s.conn || r.from != "" && !strings.EqualFold(r.from, s.from) {
		return false
	}
	if r.to == "" {
		return true
	}
	to := s.to
	if s.stage == AtRcpt && len(to) > 0 {
		to = to[len(to)-1:] // the one that is being named
	}
	for _, address := range to {
		if strings.EqualFold(address, r.to) {
			return true
		}
	}
	return false
}

func (r *rule) isTurn(n int) bool {
	return (r.nth == 0 || n == r.nth) && (r.first == 0 || n <= r.first) && (r.after == 0 || n > r.after) && (r.every == 0 || n%r.every == 0)
}

// over reports whether a limit is reached, and counts what is counted here.
func (r *running) over(i int, s situation) bool {
	l := r.rules[i].limit
	key := limitKey(i, l, s.user)
	times := recent(r.times[key], s.now.Add(-l.window))
	over := len(times) >= l.n
	if !over && !l.perUser {
		times = append(times, s.now)
	}
	r.times[key] = times
	return over
}

// sent counts an accepted mail for the quotas.
func (r *running) sent(user string, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.rules {
		if l := r.rules[i].limit; l.perUser {
			key := limitKey(i, l, user)
			r.times[key] = append(recent(r.times[key], now.Add(-l.window)), now)
		}
	}
}

func limitKey(i int, l limit, user string) string {
	if !l.perUser {
		user = ""
	}
	return strconv.Itoa(i) + " " + user
}

// recent drops the times that lie at or before after; times rise.
func recent(times []time.Time, after time.Time) []time.Time {
	for len(times) > 0 && !times[0].After(after) {
		times = times[1:]
	}
	return times
}

// accident decides by chance. Both outcomes of a lost answer occur: the mail was kept, or not.
func (r *running) accident(at Stage, v *verdict) {
	if r.rand.IntN(100) >= r.random.chance {
		return
	}
	switch n := r.rand.IntN(3); {
	case n == 0 && at == AtDot && r.rand.IntN(2) == 0:
		v.deed = losing
	case n == 0 || at == AtTLS:
		v.deed = dropping
	case n == 1:
		v.deed, v.answer = answering, answer("temporary-problem")
	default:
		v.deed, v.answer = answering, Answer{451, "4.3.0", "Mail server temporarily rejected message."}
	}
}
