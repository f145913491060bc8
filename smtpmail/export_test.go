package smtpmail

import "strings"

// Judge returns the row of the table for a reply as it stands on the wire, its lines parted by \n.
func Judge(stage Stage, text string) (Rule, error) {
	var r reply
	for _, line := range strings.Split(text, "\n") {
		code, _, rest, err := parseReplyLine(line)
		if err != nil {
			return Rule{}, err
		}
		enhanced, rest := cutEnhanced(code, rest)
		r.code, r.lines = code, append(r.lines, rest)
		if r.enhanced == "" {
			r.enhanced = enhanced
		}
	}
	return ruleFor(stage, &r), nil
}

// JudgeError returns the row for an error of the connection.
func JudgeError(stage Stage, kind string) Rule { return ruleForError(stage, kind) }

// ParseRules reads a table.
var ParseRules = parseRules
