package config

import (
	"regexp"
	"strings"
	"unicode"
)

// variable is how a shell names one; where it stands for a password, somebody expected it to be expanded.
var variable = regexp.MustCompile(`^\$(\w+|\{\w+\})$`)

// password looks at the shape of the password. For Google it returns the letters alone: the page that shows an App
// Password parts them by spaces, which are not always plain ones.
func (c *mailCheck) password() Secret {
	const setting = "EMAIL_HOST_PASSWORD"
	google, value := c.EmailHost.google(), c.EmailHostPassword.Reveal()
	if value == "" {
		return ""
	}
	if v := c.source.given(c.name(setting)); v.Commented && (!google || !isAppPassword(lettersOf(value))) {
		c.warn(setting, "a # after a space begins a comment, so what follows it is not part of the password; if it should be, put the value into single quotes")
	}
	switch {
	case strings.Trim(value, quotes+" ") == "":
		c.fault(setting, "it holds nothing but quotation marks; set it to the password")
	case strings.Trim(value, quotes) != value:
		// Docker's --env-file and many forms of hosts take quotes for a part of the value.
		c.find(google, true, setting, "it begins or ends with a quotation mark, which is part of the value here; take it off (Docker's --env-file keeps quotes)")
	case variable.MatchString(value):
		c.find(google, true, setting, "it looks like the name of a variable, and $ is never expanded here; write the password itself")
	case google:
		return Secret(c.appPassword(value))
	case strings.TrimSpace(value) != value:
		c.warn(setting, "it begins or ends with a space, which is part of the value; take it off if it should not be")
	}
	return Secret(value)
}

// appPassword returns the letters of an App Password, and warns of what cannot be one.
func (c *mailCheck) appPassword(value string) string {
	letters := lettersOf(value)
	const make = "https://myaccount.google.com/apppasswords makes one (2-Step Verification must be on)"
	low := strings.ToLower(letters)
	switch {
	case low == "" || strings.Trim(low, low[:1]) == "" || low == "abcdefghijklmnop" || strings.Contains(low, "password") || strings.Contains(low, "changeme") || strings.ContainsAny(low, "<>…"):
		c.fault("EMAIL_HOST_PASSWORD", "it is the placeholder of an example; set it to an App Password: "+make)
	case !isAppPassword(letters):
		c.warn("EMAIL_HOST_PASSWORD", "it does not look like an App Password, which is 16 small letters in four groups; Google does not take an account's own password: "+make)
	}
	return letters
}

// lettersOf takes out what parts the groups: spaces of any kind, what cannot be seen, and dashes between four groups.
func lettersOf(value string) string {
	dashes := strings.Count(value, "-") == 3
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || r == '-' && dashes {
			return -1
		}
		return r
	}, value)
}

func isAppPassword(letters string) bool {
	return len(letters) == 16 && strings.Trim(letters, "abcdefghijklmnopqrstuvwxyz") == ""
}

// google looks for what Google does otherwise than other servers.
func (c *mailCheck) google() {
	user := string(c.EmailHostUser)
	relay := strings.HasPrefix(string(c.EmailHost), "smtp-relay.")
	if user != "" && !strings.Contains(user, "@") {
		c.warn("EMAIL_HOST_USER", "Google knows accounts by their whole address; give it with @gmail.com or the domain")
	}
	if user == "" && !relay {
		c.missing("EMAIL_HOST_USER", "it is not set, and Google takes mail only from an account; set it to the whole address, and EMAIL_HOST_PASSWORD to an App Password of it")
	}
	if c.EmailPort == 25 {
		c.warn("EMAIL_PORT", "many networks block port 25, and Google takes apps' mail at 587; set it to 587")
	}
	if c.rewrites() {
		c.warn("DEFAULT_FROM_EMAIL", "Gmail puts %s in its place unless it is an alias of that account (Gmail: Settings, Accounts, Send mail as); answers come to it nevertheless, by Reply-To", user)
	}
	if limit := c.limit(); int(c.EmailQuota) > limit || c.EmailQuota < 0 {
		c.warn("EMAIL_QUOTA", "Google lets this account send %d mails in 24 hours; more would be refused", limit)
	}
}

// rewrites reports whether Gmail may put its account into the place of the sender.
func (c *mailCheck) rewrites() bool {
	user, from := string(c.EmailHostUser), c.from.bare()
	return c.EmailHost.google() && !strings.HasPrefix(string(c.EmailHost), "smtp-relay.") && from != "" && user != "" && mailbox(from) != mailbox(user)
}

// limit is how many mails Google takes in 24 hours.
func (c *mailCheck) limit() int {
	_, domain, _ := strings.Cut(mailbox(string(c.EmailHostUser)), "@")
	switch {
	case strings.HasPrefix(string(c.EmailHost), "smtp-relay."):
		return 10_000
	case domain == "gmail.com":
		return 500
	default:
		return 2_000
	}
}

// mailbox writes an address so that what is one mailbox at Google is equal.
func mailbox(address string) string {
	local, domain, _ := strings.Cut(strings.ToLower(address), "@")
	if domain == "googlemail.com" {
		domain = "gmail.com"
	}
	if domain == "gmail.com" {
		local = strings.ReplaceAll(local, ".", "")
	}
	return local + "@" + domain
}
