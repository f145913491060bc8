package main

import (
	"fmt"
	"strings"

	"github.com/belfryhq/belfry/internal/config"
	"github.com/belfryhq/belfry/smtpmail"
)

// checkSettings says where the settings stand and what is wrong with them.
func (c *doctorCmd) checkSettings(d *doctor) config.MailSetup {
	note := func(status checkStatus, detail, mend string) {
		d.note(check{Part: "settings", Stage: "settings", Status: status, Detail: detail, Mend: mend})
	}
	given, err := d.p.settings.Given()
	switch {
	case err != nil:
		note(checkFailed, err.Error(), "")
	case len(given) == 0:
		note(checkOK, "none is given in the environment or in .env: all defaults", "")
	}
	places := map[string][]string{}
	var order []string
	for _, g := range given {
		place, line, _ := strings.Cut(g.Where, ", ")
		if places[place] == nil {
			order = append(order, place)
		}
		name := g.Setting
		if line != "" {
			name += " (" + line + ")"
		}
		places[place] = append(places[place], name)
	}
	for _, place := range order {
		note(checkOK, fmt.Sprintf("from %s: %s", place, strings.Join(places[place], ", ")), "")
	}
	for _, w := range d.p.settings.Check() {
		note(checkWarning, w, "")
	}
	if err := checkBus(&c.Config); err != nil {
		note(checkFailed, err.Error(), "")
	}
	if _, err := c.Rules(); err != nil {
		note(checkFailed, err.Error(), "")
	}
	if _, err := c.TemplateFiles(); err != nil {
		note(checkFailed, err.Error(), "")
	}
	setup, err := d.p.settings.Mail(c.Mail)
	if err != nil {
		note(checkFailed, err.Error(), "")
	}
	for _, f := range setup.Findings {
		status := checkWarning
		if f.Fault {
			status = checkFailed
		}
		note(status, name(f.Setting, f.Where), f.Text)
	}
	if err == nil && len(setup.Findings) == 0 && len(setup.Accounts) > 0 {
		note(checkOK, "the mail settings fit together; "+shapes(setup.Accounts), "")
	}
	return setup
}

// shapes says of passwords what was looked at.
func shapes(accounts []config.MailAccount) string {
	for _, a := range accounts {
		if a.Password != "" && smtpmail.Google(a.Host) {
			return "the password has the shape of an App Password (16 letters), without quotes"
		}
	}
	return "no password has a quote or a space too many"
}

func name(setting, where string) string {
	if where == "" {
		return setting
	}
	return setting + " (in " + where + ")"
}
