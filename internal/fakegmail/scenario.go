package fakegmail

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Scenario says how a server misbehaves; the zero Scenario is none. See [ParseScenario].
type Scenario struct {
	text   string
	rules  []rule
	cert   string   // "", expired, wrong-name
	offer  []string // changes of what EHLO offers: +WORD or -WORD
	mails  int      // a connection; 0: 100
	rcpts  int      // a mail; 0: 100
	size   int      // of a mail; 0: 35882577
	inject string   // what follows the 220 to STARTTLS in the clear
	pace   time.Duration
	random *random
}

// ParseScenario reads the text form, which [Grammar] tells.
func ParseScenario(text string) (Scenario, error) {
	s := Scenario{text: strings.TrimSpace(text)}
	for _, part := range split(text) {
		if err := s.parse(part); err != nil {
			return Scenario{}, fmt.Errorf("scenario rule %q: %w", part, err)
		}
	}
	return s, nil
}

// MustScenario is ParseScenario for texts that stand in a program: it panics when one cannot be read.
func MustScenario(text string) Scenario {
	s, err := ParseScenario(text)
	if err != nil {
		panic(err)
	}
	return s
}

// String returns the text.
func (s Scenario) String() string { return s.text }

// split cuts at semicolons and line breaks.
func split(text string) []string {
	var parts []string
	var b strings.Builder
	end := func() {
		if part := strings.TrimSpace(b.String()); part != "" {
			parts = append(parts, part)
		}
		b.Reset()
	}
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text) && text[i+1] == ';':
			b.WriteByte(';')
			i++
		case text[i] == ';' || text[i] == '\n':
			end()
		default:
			b.WriteByte(text[i])
		}
	}
	end()
	return parts
}

func (s *Scenario) parse(part string) error {
	var r rule
	for {
		condition, rest, ok := strings.Cut(part, ":")
		if !ok {
			break
		}
		is, err := r.condition(condition)
		if err != nil {
			return err
		}
		if !is {
			break
		}
		part = rest
	}
	name, value, _ := strings.Cut(part, "=")
	if done, err := s.set(name, value); done || err != nil {
		if err == nil && r.conditional() {
			err = fmt.Errorf("%s holds from the start: it takes no condition", name)
		}
		return err
	}
	if err := r.fault(name, value); err != nil {
		return err
	}
	s.rules = append(s.rules, r)
	return nil
}

// set takes what is no rule.
func (s *Scenario) set(name, value string) (done bool, err error) {
	switch name {
	case "cert":
		if value != "expired" && value != "wrong-name" {
			return true, fmt.Errorf("no such certificate: expired or wrong-name")
		}
		s.cert = value
	case "ehlo":
		for _, change := range strings.Split(value, ",") {
			if len(change) < 2 || !strings.ContainsAny(change[:1], "+-") {
				return true, fmt.Errorf("%q is no change of what is offered: +WORD or -WORD", change)
			}
			s.offer = append(s.offer, change)
		}
	case "conn-mails":
		s.mails, err = positive(value)
	case "recipients":
		s.rcpts, err = positive(value)
	case "size":
		s.size, err = positive(value)
	case "inject":
		s.inject = value
	case "tarpit":
		s.pace, err = wait(value)
	case "random":
		s.random, err = parseRandom(value)
	default:
		return false, nil
	}
	return true, err
}

func positive(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%q is not a number from 1 up", s)
	}
	return n, nil
}

func wait(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is not a time span like 30s", s)
	}
	return d, nil
}

func stage(s string) (Stage, error) {
	if !slices.Contains(Stages(), Stage(s)) {
		return "", fmt.Errorf("no stage %q; the stages are %v", s, Stages())
	}
	return Stage(s), nil
}
