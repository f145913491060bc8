package smtpmail

import (
	"bytes"
	_ "embed" // the table
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/belfryhq/belfry"
)

//go:embed replies.yaml
var repliesYAML []byte

// A Rule is a row of the reply table, see replies.yaml: what a reply or an error of the connection means.
type Rule struct {
	Name     string       `yaml:"name"`
	On       []Stage      `yaml:"on"`       // empty: all
	Code     []string     `yaml:"code"`     // empty for errors
	Enhanced []string     `yaml:"enhanced"` // empty: all
	Text     string       `yaml:"text"`     // a regular expression
	Error    string       `yaml:"error"`    // the kind of an error of the connection
	Fault    belfry.Fault `yaml:"fault"`
	Verdict  string       `yaml:"verdict"`
	Counts   bool         `yaml:"counts"`
	Pause    Pause        `yaml:"pause"`
	Again    bool         `yaml:"again"`
	Suppress string       `yaml:"suppress"`
	Alarm    bool         `yaml:"alarm"`
	Remedy   string       `yaml:"remedy"`
	OAuth2   string       `yaml:"remedy_oauth2"` // the remedy for an account that logs in by OAuth2; empty: the same
	Example  []string     `yaml:"example"`

	text *regexp.Regexp
}

// A Pause says who is left alone, and for how long.
type Pause struct {
	Of     string        `yaml:"of"` // account, person, domain; empty: nobody
	For    time.Duration `yaml:"for"`
	UpTo   time.Duration `yaml:"up_to"`  // doubled with each failure in a row, up to this; 0: not doubled
	Spread time.Duration `yaml:"spread"` // a random part on top
	Until  string        `yaml:"until"`  // credential: until it changes
	Slow   bool          `yaml:"slow"`
}

// length returns how long the pause is after so many failures before this one; random is in [0,1).
func (p Pause) length(strikes int, random float64) time.Duration {
	d := p.For
	for range strikes {
		if d >= p.UpTo {
			break
		}
		d = min(2*d, p.UpTo)
	}
	return d + time.Duration(random*float64(p.Spread))
}

// Rules returns the reply table in its order; guides are made and checked from it.
func Rules() []Rule { return slices.Clone(rules()) }

// rules reads the table once. It is part of the program: tests hold it to its form, so an error here is a bug.
var rules = sync.OnceValue(func() []Rule {
	all, err := parseRules(repliesYAML)
	if err != nil {
		panic(err)
	}
	return all
})

func parseRules(text []byte) ([]Rule, error) {
	var all []Rule
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&all); err != nil {
		return nil, fmt.Errorf("read replies.yaml: %w", err)
	}
	for i := range all {
		r := &all[i]
		re, err := regexp.Compile(`(?is)` + r.Text)
		if err != nil {
			return nil, fmt.Errorf("read replies.yaml: %s: %w", r.Name, err)
		}
		r.text = re
	}
	return all, nil
}

// ruleFor returns the first row that matches a reply at a stage; the last rows match everything.
func ruleFor(stage Stage, r *reply) Rule {
	code, text := strconv.Itoa(r.code), strings.Join(r.lines, " ")
	for _, rule := range rules() {
		if len(rule.Code) > 0 && rule.at(stage) && slices.ContainsFunc(rule.Code, func(p string) bool { return matchCode(p, code) }) &&
			rule.ofClass(r.enhanced) && rule.text.MatchString(text) {
			return rule
		}
	}
	return ruleForError(stage, "protocol")
}

// ruleForError returns the first row for an error of the connection; the last matches every kind at every stage.
func ruleForError(stage Stage, kind string) Rule {
	all := rules()
	for _, rule := range all {
		if len(rule.Code) == 0 && rule.at(stage) && (rule.Error == "" || rule.Error == kind) {
			return rule
		}
	}
	return all[len(all)-1]
}

func (r *Rule) at(stage Stage) bool { return len(r.On) == 0 || slices.Contains(r.On, stage) }

func (r *Rule) ofClass(enhanced string) bool {
	return len(r.Enhanced) == 0 || slices.ContainsFunc(r.Enhanced, func(p string) bool { return matchEnhanced(p, enhanced) })
}

// mend returns the remedy for an account.
func (r *Rule) mend(a *Account) string {
	if a.OAuth2 != nil && r.OAuth2 != "" {
		return r.OAuth2
	}
	return r.Remedy
}

func (r *Rule) verdict() belfry.Verdict {
	if r.Verdict == "refused" {
		return belfry.Refused
	}
	return belfry.Deferred
}

// matchCode compares a code with a pattern of which x is any digit.
func matchCode(pattern, code string) bool {
	if len(pattern) != len(code) {
		return false
	}
	for i := range len(code) {
		if pattern[i] != 'x' && pattern[i] != code[i] {
			return false
		}
	}
	return true
}

// matchEnhanced compares an enhanced code with a pattern like 5.7.1, x.7.28 or x.7.23-27; "" is none.
func matchEnhanced(pattern, enhanced string) bool {
	want, got := strings.Split(pattern, "."), strings.Split(enhanced, ".")
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if low, high, ok := strings.Cut(want[i], "-"); ok {
			n, err := strconv.Atoi(got[i])
			from, _ := strconv.Atoi(low)
			to, _ := strconv.Atoi(high)
			if err != nil || n < from || n > to {
				return false
			}
			continue
		}
		if want[i] != "x" && want[i] != got[i] {
			return false
		}
	}
	return true
}
