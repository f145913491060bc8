package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// later are the settings that are promised and not yet kept. To run without them would be another server than the one
// that was asked for, so each stops the start.
func later() map[string]string {
	const auth = "this version lets browsers in by a JWT or a ticket only; use BELFRY_JWT_SECRET or BELFRY_JWT_PUBLIC_KEY"
	const django = "this version does not read Django's sessions yet; let Django make a JWT with BELFRY_JWT_SECRET, or a ticket"
	return map[string]string{
		"BELFRY_BUS_URL":                     "this version runs on one node and needs no bus",
		"BELFRY_JWKS_URL":                    auth,
		"BELFRY_AUTH_URL":                    auth,
		"BELFRY_DJANGO_SECRET_KEY":           django,
		"BELFRY_DJANGO_SECRET_KEY_FALLBACKS": django,
		"BELFRY_DJANGO_DATABASE_URL":         django,
		"BELFRY_CATEGORIES":                  "this version has no categories file: each send names its channels",
		"BELFRY_TEMPLATES":                   "this version has no templates: each send brings its words",
	}
}

// Check looks through the names that are given for what no flag asks about: settings of later versions, which are an
// error, and mail and unknown names, which are worth a warning.
func (s *Source) Check() (warnings []string, err error) {
	known := map[string]bool{}
	var names []string
	for _, d := range Describe() {
		known[d.Setting] = true
		names = append(names, d.Setting)
		if d.Secret {
			known[d.Setting+"_FILE"] = true
		}
	}
	promised := later()
	var faults []error
	mail := false
	for _, name := range s.names() {
		v := s.env[name]
		if v.Value == "" {
			v = s.file[name]
		}
		reason, isPromised := promised[strings.TrimSuffix(name, "_FILE")]
		switch {
		case v.Value == "":
		case isPromised:
			faults = append(faults, &Error{name, s.where(v), errors.New("it is not supported yet: " + reason + "; remove it")})
		case name == "EMAIL_HOST" || name == "EMAIL_HOST_USER" || name == "EMAIL_HOST_PASSWORD" || name == "EMAIL_HOST_PASSWORD_FILE":
			mail = true
		case strings.HasPrefix(name, "BELFRY_") && !known[name]:
			warnings = append(warnings, fmt.Sprintf("%s (in %s) is not a setting%s; it is ignored", name, s.where(v), nearest(name, names)))
		}
	}
	if mail {
		warnings = append(warnings, "EMAIL_* is set, but this version does not send mail yet: mail is kept in the outbox (state captured)")
	}
	return warnings, errors.Join(faults...)
}

// names returns all names of both layers, sorted.
func (s *Source) names() []string {
	all := maps.Clone(s.env)
	maps.Copy(all, s.file)
	return slices.Sorted(maps.Keys(all))
}

// nearest suggests what a mistyped name was meant to be.
func nearest(name string, names []string) string {
	best, distance := "", len(name)/3
	for _, n := range names {
		if d := editDistance(name, n); d < distance {
			best, distance = n, d
		}
	}
	if best == "" {
		return ""
	}
	return ": did you mean " + best + "?"
}

// editDistance is the number of letters to insert, remove or replace to make b of a (Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0]++
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
