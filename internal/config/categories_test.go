package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/config"
)

const goodCategories = `# what each category is
"*": {channels: [in_app], email: {ttl: 1d}}
order:
  channels: [in_app, email]
  class: transactional
  email: {delay: 10m, unless: read, policy: at_least_once, ttl: 24h}
order.assigned: {critical: true, email: {policy: at_most_once}}
news: {channels: [email], class: bulk, email: {unless: seen, delay: 0s}}
`

func TestCategories(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "categories.yaml")
	if err := os.WriteFile(path, []byte(goodCategories), 0o600); err != nil {
		t.Fatal(err)
	}
	rules, err := config.LoadCategories(path)
	if err != nil {
		t.Fatal(err)
	}
	want := belfry.Rule{
		Channels: []belfry.Channel{belfry.InApp, belfry.Email}, Class: new(belfry.Transactional), Critical: new(true),
		Delay: new(10 * time.Minute), Unless: new(belfry.UnlessRead), Policy: new(belfry.AtMostOnce), TTL: new(24 * time.Hour),
	}
	if diff := cmp.Diff(want, rules.Of("order.assigned.late")); diff != "" {
		t.Errorf("the rule of order.assigned.late (-want +got):\n%s", diff)
	}
	if got := rules.Of("chat"); *got.TTL != 24*time.Hour || got.Class != nil {
		t.Errorf("got %+v for a category of which nothing is said, want what * says", got)
	}
	if got := rules["news"]; *got.Class != belfry.Bulk || *got.Delay != 0 {
		t.Errorf("got %+v for news", got)
	}
}

func TestNoCategories(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "# nothing yet\n", "---\n", "null\n", "{}\n"} {
		if rules, err := config.ParseCategories("categories.yaml", []byte(text)); err != nil || len(rules) != 0 {
			t.Errorf("got %v, %v for %q, want no rules", rules, err, text)
		}
	}
	if _, err := config.LoadCategories(filepath.Join(t.TempDir(), "none.yaml")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v for a file that is not there", err)
	}
}

func TestCategoriesFaults(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"order: {chanels: [in_app]}":                           "c.yaml:1: order.chanels: is not known here",
		"order:\n  email:\n    deley: 10m":                     "c.yaml:3: order.email.deley: is not known here",
		"order: {email: {delay: 10}}":                          `c.yaml:1: order.email.delay: "10" is not a time span`,
		"order: {email: {delay: -1m}}":                         "c.yaml:1: order.email.delay: ",
		"order: {email: {delay: 99999d}}":                      "c.yaml:1: order.email.delay: ",
		"order: {email: {delay: [1m]}}":                        "c.yaml:1: order.email.delay: must be a time span",
		"order: {email: {ttl: 0s}}":                            "c.yaml:1: order.email.ttl: ",
		"order: {email: {unless: archived}}":                   "c.yaml:1: order.email.unless: must be read or seen",
		"order: {email: {policy: twice}}":                      "c.yaml:1: order.email.policy: must be at_least_once or at_most_once",
		"order: {email: true}":                                 "c.yaml:1: order.email: must be a mapping",
		"order: {class: critical}":                             "c.yaml:1: order.class: must be transactional or bulk",
		"order: {critical: yes please}":                        "c.yaml:1: order.critical: must be true or false",
		"order: {critical: \"true\"}":                          "c.yaml:1: order.critical: must be true or false",
		"order: {channels: email}":                             "c.yaml:1: order.channels: must be a list",
		"order: {channels: []}":                                "c.yaml:1: order.channels: must be a list",
		"order:\n  channels: [in_app, sms]":                    `c.yaml:2: order.channels[1]: "sms" is not a channel`,
		"Order: {}":                                            "c.yaml:1: Order: is not a category",
		"order..late: {}":                                      "c.yaml:1: order..late: is not a category",
		"order: {}\norder: {}":                                 "c.yaml:2: order: is given twice",
		"order: {class: bulk, class: bulk}":                    "c.yaml:1: order.class: is given twice",
		"- order":                                              "c.yaml:1: must be a mapping",
		"order":                                                "c.yaml:1: must be a mapping",
		"order: [":                                             "c.yaml: line 1: ",
		"order: {}\n\tnews: {}":                                "c.yaml: line 2: ",
		"order: {class: bulk}\nnews: {kind: 1, email: {d: 1}}": "c.yaml:2: news.kind: is not known here",
	} {
		_, err := config.ParseCategories("c.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q:\ngot  %v\nwant %s", text, err, want)
		}
	}
}

func TestCategoriesFaultsAreAllNamed(t *testing.T) {
	t.Parallel()
	_, err := config.ParseCategories("c.yaml", []byte("a: {x: 1}\nb: {class: big}\nc: {email: {y: 1}}\n"))
	if err == nil || strings.Count(err.Error(), "c.yaml:") != 3 {
		t.Errorf("got %v, want three faults", err)
	}
	if fault, ok := errors.AsType[*config.FaultyRule](err); !ok || fault.Line != 1 || fault.Field != "a.x" {
		t.Errorf("got %+v, want the first fault in its parts", fault)
	}
}

func TestCategoriesByAlias(t *testing.T) {
	t.Parallel()
	rules, err := config.ParseCategories("c.yaml", []byte("a: &calm {email: {delay: 1h}}\nb: *calm\n"))
	if err != nil || *rules["b"].Delay != time.Hour {
		t.Errorf("got %+v, %v", rules, err)
	}
}

func FuzzCategories(f *testing.F) {
	f.Add(goodCategories)
	f.Add("a: &a {b: *a}")
	f.Add("a: {channels: [*a]}")
	f.Fuzz(func(t *testing.T, text string) {
		rules, err := config.ParseCategories("c.yaml", []byte(text))
		if err == nil && rules.Validate() != nil {
			t.Errorf("took rules that cannot be: %+v", rules)
		}
	})
}
