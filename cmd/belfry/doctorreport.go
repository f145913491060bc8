package main

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
)

// A checkStatus says how a check went.
type checkStatus string

const (
	checkOK      checkStatus = "ok"
	checkWarning checkStatus = "warning"
	checkFailed  checkStatus = "failed"
	checkSkipped checkStatus = "skipped"
)

// A check is one thing that the doctor looked at.
type check struct {
	Part         string      `json:"part"` // settings, mail, bell
	Account      string      `json:"account,omitempty"`
	Stage        string      `json:"stage"`
	Status       checkStatus `json:"status"`
	Milliseconds int64       `json:"milliseconds"`
	Code         string      `json:"code,omitempty"`   // of the mail server's answer
	Said         string      `json:"said,omitempty"`   // by a server: untrusted text
	Detail       string      `json:"detail,omitempty"` // what was found
	Mend         string      `json:"mend,omitempty"`
}

// A doctor writes down checks as they are made.
type doctor struct {
	p     *program
	json  bool
	began time.Time
	part  string // that was written last
	sums  map[checkStatus]int
	err   error // the first of writing
}

// note writes a check down.
func (d *doctor) note(c check) {
	if d.sums == nil {
		d.sums = map[checkStatus]int{}
	}
	d.sums[c.Status]++
	c.Said, c.Detail, c.Mend = printable(c.Said), printable(c.Detail), printable(c.Mend)
	if c.Code = replyCode.FindString(c.Said); c.Code != "" {
		c.Code = strings.Replace(c.Code, " ", "-", 1)
	}
	if d.json {
		if err := d.p.printJSON(c); err != nil && d.err == nil {
			d.err = err
		}
		return
	}
	d.print(&c)
}

// replyCode is the code of an SMTP answer, with the enhanced code if there is one.
var replyCode = regexp.MustCompile(`^[2-5]\d\d([ -][245]\.\d{1,3}\.\d{1,3})?\b`)

// printable takes out what could steer a terminal: servers say what they like.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.TrimSpace(s))
}

func (d *doctor) print(c *check) {
	part := c.Part
	if c.Account != "" {
		part += " by " + c.Account
	}
	if part != d.part {
		d.part = part
		d.p.printf("%s\n", d.p.paint(part, bold))
	}
	took := ""
	switch {
	case c.Part == "settings" || c.Status == checkSkipped:
	case c.Milliseconds == 0:
		took = "< 1 ms"
	default:
		took = fmt.Sprintf("%d ms", c.Milliseconds)
	}
	line, more := c.Detail, []string{}
	if c.Status == checkOK {
		if line == "" {
			line = c.Said
		}
	} else {
		if c.Said != "" {
			more = append(more, "the server said: "+c.Said)
		}
		switch {
		case c.Mend == "":
		case c.Code != "":
			line = c.Code + ": " + c.Mend
		case line == "":
			line = c.Mend
		default:
			more = append(more, c.Mend)
		}
	}
	styles := map[checkStatus]style{checkOK: green, checkWarning: yellow, checkFailed: red, checkSkipped: dim}
	d.p.printf("  %s %-9s %8s  %s\n", d.p.paint(fmt.Sprintf("%-7s", c.Status), styles[c.Status]), c.Stage, took, line)
	for _, text := range more {
		d.p.printf("%s%s\n", strings.Repeat(" ", 30), text)
	}
}

// finish writes the sums.
func (d *doctor) finish() error {
	if d.json {
		if err := d.p.printJSON(map[string]int{
			"ok": d.sums[checkOK], "warnings": d.sums[checkWarning], "failed": d.sums[checkFailed], "skipped": d.sums[checkSkipped],
		}); err != nil && d.err == nil {
			d.err = err
		}
		return d.err
	}
	d.p.printf("\n%d ok, %s, %d failed, %d skipped, in %v\n", d.sums[checkOK], plural(d.sums[checkWarning], "warning"), d.sums[checkFailed], d.sums[checkSkipped],
		time.Since(d.began).Round(time.Millisecond))
	return nil
}
