package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// djangos are the names like ours that mean something to Django alone: one .env may serve both.
func djangos() []string {
	return []string{"EMAIL_BACKEND", "EMAIL_FILE_PATH", "EMAIL_SUBJECT_PREFIX", "EMAIL_USE_LOCALTIME", "EMAIL_SSL_CERTFILE", "EMAIL_SSL_KEYFILE"}
}

// aliases are names that people take for ours and that are spelt too differently to be found by nearness.
func aliases() map[string]string {
	return map[string]string{
		"EMAIL_PASSWORD": "EMAIL_HOST_PASSWORD", "EMAIL_HOST_PASS": "EMAIL_HOST_PASSWORD", "EMAIL_APP_PASSWORD": "EMAIL_HOST_PASSWORD",
		"EMAIL_USER": "EMAIL_HOST_USER", "EMAIL_USERNAME": "EMAIL_HOST_USER", "EMAIL_FROM": "DEFAULT_FROM_EMAIL", "EMAIL_TLS": "EMAIL_USE_TLS", "EMAIL_SSL": "EMAIL_USE_SSL",
	}
}

// Check looks through the names that are given for those that no flag asks about, which are worth a warning.
func (s *Source) Check() (warnings []string) {
	known := s.known()
	names := slices.Sorted(maps.Keys(known))
	for _, name := range s.names() {
		v := s.given(name)
		switch {
		case v.Value == "":
		case strings.HasPrefix(name, "BELFRY_") && !known[name]:
			warnings = append(warnings, fmt.Sprintf("%s (in %s) is not a setting%s; it is ignored", name, s.where(v), nearest(name, names)))
		case strings.HasPrefix(name, "EMAIL_") && !known[name] && !slices.Contains(djangos(), name):
			// The app beside us may have settings of its own by this prefix: only what looks like a slip is told.
			if meant := nearest(name, names); meant != "" {
				warnings = append(warnings, fmt.Sprintf("%s (in %s) is not a setting%s; it is ignored", name, s.where(v), meant))
			}
		}
	}
	return warnings
}

// names returns all names of both layers, sorted.
func (s *Source) names() []string {
	all := maps.Clone(s.env)
	maps.Copy(all, s.file)
	return slices.Sorted(maps.Keys(all))
}

// nearest suggests what a mistyped name was meant to be.
func nearest(name string, names []string) string {
	if meant := aliases()[name]; meant != "" {
		return ": did you mean " + meant + "?"
	}
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
