package config

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/belfryhq/belfry"
)

// A FaultyRule is something in a categories file that cannot be: where it stands, and how to mend it.
type FaultyRule struct {
	File  string
	Line  int    // 0: the file as a whole
	Field string // by its path, like order.assigned.email.delay; empty: the file as a whole
	Fault string
}

// Error implements error.
func (e *FaultyRule) Error() string {
	s := e.File
	if e.Line > 0 {
		s += fmt.Sprintf(":%d", e.Line)
	}
	if e.Field != "" {
		s += ": " + e.Field
	}
	return s + ": " + e.Fault
}

// LoadCategories reads the rules of categories from a YAML file. The error joins a [FaultyRule] for each fault.
func LoadCategories(path string) (belfry.Rules, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read categories: %w", err)
	}
	return ParseCategories(path, b)
}

// ParseCategories reads the rules of categories from YAML; file is the name that errors show. What it does not know it
// refuses, for a misspelt rule would be one that does not hold.
func ParseCategories(file string, b []byte) (belfry.Rules, error) {
	p := categoryParser{file: file}
	var doc yaml.Node
	if err := yaml.Unmarshal(b, &doc); err != nil {
		return nil, &FaultyRule{File: file, Fault: strings.TrimPrefix(err.Error(), "yaml: ")}
	}
	rules := belfry.Rules{}
	if len(doc.Content) > 0 && doc.Content[0].Tag != "!!null" {
		p.pairs(doc.Content[0], "", func(category string, key, value *yaml.Node) {
			p.category(category, key)
			rules[category] = p.rule(value, category)
		})
	}
	if len(p.faults) > 0 {
		return nil, errors.Join(p.faults...)
	}
	if err := rules.Validate(); err != nil { // the last word is the root package's
		return nil, &FaultyRule{File: file, Fault: err.Error()}
	}
	return rules, nil
}

// A categoryParser walks the nodes of a file and gathers its faults.
type categoryParser struct {
	file   string
	faults []error
}

func (p *categoryParser) fault(at *yaml.Node, field, format string, args ...any) {
	p.faults = append(p.faults, &FaultyRule{File: p.file, Line: at.Line, Field: field, Fault: fmt.Sprintf(format, args...)})
}

// pairs calls fn for each key of a mapping.
func (p *categoryParser) pairs(n *yaml.Node, field string, fn func(name string, key, value *yaml.Node)) {
	n = followed(n)
	if n.Kind != yaml.MappingNode {
		p.fault(n, field, "must be a mapping of names to values")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if seen[key.Value] {
			p.fault(key, under(field, key.Value), "is given twice")
			continue
		}
		seen[key.Value] = true
		fn(key.Value, key, followed(n.Content[i+1]))
	}
}

// followed returns what an alias stands for.
func followed(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func under(field, name string) string {
	if field == "" {
		return name
	}
	return field + "." + name
}

func (p *categoryParser) category(name string, at *yaml.Node) {
	if name == belfry.AnyCategory {
		return
	}
	if belfry.ValidateCategory(name) != nil {
		p.fault(at, name, `is not a category; give dotted lower case like order.assigned, or "*" for all`)
	}
}

func (p *categoryParser) rule(n *yaml.Node, category string) (r belfry.Rule) {
	p.pairs(n, category, func(name string, key, v *yaml.Node) {
		field := under(category, name)
		switch name {
		case "channels":
			r.Channels = p.channels(v, field)
		case "class":
			if word := p.word(v, field, belfry.Transactional.String(), belfry.Bulk.String()); word != nil {
				class := belfry.Transactional
				if *word == belfry.Bulk.String() {
					class = belfry.Bulk
				}
				r.Class = &class
			}
		case "critical":
			r.Critical = p.flag(v, field)
		case "email":
			p.email(v, field, &r)
		default:
			p.fault(key, field, "is not known here; a category has channels, class, critical and email")
		}
	})
	return r
}

func (p *categoryParser) email(n *yaml.Node, field string, r *belfry.Rule) {
	p.pairs(n, field, func(name string, key, v *yaml.Node) {
		field := under(field, name)
		switch name {
		case "delay":
			r.Delay = p.span(v, field, 0)
		case "ttl":
			r.TTL = p.span(v, field, time.Second)
		case "unless":
			if word := p.word(v, field, string(belfry.UnlessRead), string(belfry.UnlessSeen)); word != nil {
				r.Unless = (*belfry.Unless)(word)
			}
		case "policy":
			r.Policy = p.word(v, field, belfry.AtLeastOnce, belfry.AtMostOnce)
		default:
			p.fault(key, field, "is not known here; email has delay, unless, policy and ttl")
		}
	})
}

func (p *categoryParser) channels(n *yaml.Node, field string) (channels []belfry.Channel) {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		p.fault(n, field, "must be a list of channels, like [in_app, email]")
		return nil
	}
	for i, e := range n.Content {
		ch := belfry.Channel(followed(e).Value)
		if !slices.Contains(belfry.Channels(), ch) {
			p.fault(e, fmt.Sprintf("%s[%d]", field, i), "%.40q is not a channel; use in_app or email", ch)
		}
		channels = append(channels, ch)
	}
	return channels
}

// word reads one of the words given.
func (p *categoryParser) word(n *yaml.Node, field string, words ...string) *string {
	if n.Kind != yaml.ScalarNode || !slices.Contains(words, n.Value) {
		p.fault(n, field, "must be %s", strings.Join(words, " or "))
		return nil
	}
	return &n.Value
}

func (p *categoryParser) flag(n *yaml.Node, field string) *bool {
	var on bool
	if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" || n.Decode(&on) != nil {
		p.fault(n, field, "must be true or false")
		return nil
	}
	return &on
}

// longest keeps spans far from where times overflow.
const longest = 10 * 365 * 24 * time.Hour

func (p *categoryParser) span(n *yaml.Node, field string, shortest time.Duration) *time.Duration {
	if n.Kind != yaml.ScalarNode {
		p.fault(n, field, "must be a time span, like 10m, 24h or 1d")
		return nil
	}
	d, err := parseTime(n.Value)
	switch {
	case err != nil:
		p.fault(n, field, "%.40q is not a time span; give one like 10m, 24h or 1d", n.Value)
		return nil
	case d < shortest || d > longest:
		p.fault(n, field, "%.40q is out of range; give from %v to 3650d", n.Value, shortest)
		return nil
	}
	return &d
}
