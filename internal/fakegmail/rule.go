package fakegmail

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A deed is what a rule does.
type deed uint8

const (
	answering deed = iota + 1
	dropping       // no answer
	losing         // at dot: the mail is kept, no answer
	hanging        // an answer, and then the end
	stalling
	limiting
)

// A rule is one fault and its conditions.
type rule struct {
	nth, first, after, every, conn int
	from, to                       string

	deed   deed
	stage  Stage // where it is judged; of a break: where it is armed
	answer Answer
	reset  bool
	wait   time.Duration
	at     string // data, in or out: not a stage but a byte
	bytes  int
	limit  limit
}

// A limit is a number in a rolling window.
type limit struct {
	n       int
	window  time.Duration
	perUser bool // and counted when a mail was accepted; else when the stage is reached
}

func (r *rule) conditional() bool {
	return r.nth+r.first+r.after+r.every+r.conn > 0 || r.from+r.to != ""
}

// condition takes one condition; is says whether it is one.
func (r *rule) condition(s string) (is bool, err error) {
	name, value, _ := strings.Cut(s, "=")
	number := map[string]*int{"nth": &r.nth, "first": &r.first, "after": &r.after, "every": &r.every, "conn": &r.conn}
	switch {
	case number[name] != nil:
		*number[name], err = positive(value)
		return true, err
	case name == "from":
		r.from = value
	case name == "to":
		r.to = value
	default:
		return false, nil
	}
	return true, nil
}

// fault takes what the rule does.
func (r *rule) fault(name, value string) (err error) {
	switch name {
	case "reply":
		place, text, _ := strings.Cut(value, ":")
		r.deed = answering
		if r.stage, err = stage(place); err == nil {
			r.answer, err = parseAnswer(text)
		}
	case "auth":
		code, known := map[string]string{"534": "app-password-required", "535": "bad-credentials", "454": "too-many-logins"}[value]
		if !known {
			return fmt.Errorf("auth is 534, 535 or 454")
		}
		return r.fault(code, "")
	case "drop", "reset":
		r.reset = name == "reset"
		r.deed = dropping
		err = r.place(value)
	case "hangup":
		r.deed = hanging
		r.stage, err = stage(value)
	case "stall":
		place, span := value, ""
		if i := strings.LastIndexByte(value, ':'); i >= 0 {
			place, span = value[:i], value[i+1:]
		}
		if err = r.place(place); err != nil {
			return err
		}
		if r.deed == losing {
			return fmt.Errorf("at dot the mail is kept before the stall: write stall=dot:%s", span)
		}
		r.deed = stalling
		r.wait, err = wait(span)
	case "quota", "rate", "logins":
		err = r.setLimit(name, value)
	default:
		if value != "" {
			return fmt.Errorf("no such fault: %s", name)
		}
		err = r.row(name)
	}
	if err == nil && r.to != "" && (r.stage == AtMail || before(r.stage, AtMail)) {
		err = fmt.Errorf("to is not known yet at %s", r.stage)
	}
	if err == nil && r.from != "" && before(r.stage, AtMail) {
		err = fmt.Errorf("from is not known yet at %s", r.stage)
	}
	return err
}

// place reads STAGE, after-dot or at:data:N.
func (r *rule) place(s string) (err error) {
	if s == "after-dot" {
		r.deed, r.stage = losing, AtDot
		return nil
	}
	rest, isByte := strings.CutPrefix(s, "at:")
	if !isByte {
		r.stage, err = stage(s)
		return err
	}
	where, number, _ := strings.Cut(rest, ":")
	if where != "data" && where != "in" && where != "out" {
		return fmt.Errorf("%q is no place: at:data:N, at:in:N or at:out:N", s)
	}
	r.at, r.stage = where, AtGreeting
	if where == "data" {
		r.stage = AtData
	}
	if r.bytes, err = strconv.Atoi(number); err != nil || r.bytes < 0 {
		return fmt.Errorf("%q is not a number of bytes", number)
	}
	return nil
}

// setLimit reads N/WINDOW with, for a quota, @STAGE.
func (r *rule) setLimit(name, value string) (err error) {
	value, at, _ := strings.Cut(value, "@")
	number, window, _ := strings.Cut(value, "/")
	r.deed = limiting
	switch name {
	case "quota":
		r.stage, r.limit.perUser, r.answer = AtMail, true, answer("daily-limit")
	case "rate":
		r.stage, r.answer = AtMail, answer("unusual-rate")
	case "logins":
		r.stage, r.answer = AtAuth, answer("too-many-logins")
	}
	if at != "" {
		if r.stage, err = stage(at); err != nil {
			return err
		}
	}
	if r.limit.n, err = strconv.Atoi(number); err != nil || r.limit.n < 0 {
		return fmt.Errorf("%q is no limit: write 500/24h", value)
	}
	r.limit.window, err = wait(window)
	return err
}

// row reads the name of a row with, maybe, @STAGE.
func (r *rule) row(name string) (err error) {
	name, at, elsewhere := strings.Cut(name, "@")
	known, ok := row(name)
	if !ok {
		return fmt.Errorf("no such fault: %s", name)
	}
	r.deed, r.stage, r.answer = answering, known.Stage, known.Answer
	if elsewhere {
		r.stage, err = stage(at)
	}
	return err
}

// before reports whether a stage stands before another in the dialogue.
func before(a, b Stage) bool {
	for _, s := range Stages() {
		if s == b {
			return false
		}
		if s == a {
			return true
		}
	}
	return false
}
