package fakegmail_test

import (
	"strings"
	"testing"

	"github.com/belfryhq/belfry/internal/fakegmail"
)

func TestScenariosThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for text, why := range map[string]string{
		"nonsense":                         "no such fault: nonsense",
		"nonsense=1":                       "no such fault: nonsense",
		"reply=nowhere:550 x":              `no stage "nowhere"`,
		"reply=mail":                       "is no reply",
		"reply=mail:99 x":                  "is no reply",
		"reply=mail:hello":                 "is no reply",
		"drop=nowhere":                     `no stage "nowhere"`,
		"drop=at:nowhere:1":                "is no place",
		"drop=at:data:x":                   "is not a number of bytes",
		"drop=at:data:-1":                  "is not a number of bytes",
		"stall=mail":                       "is not a time span",
		"stall=mail:soon":                  "is not a time span",
		"stall=after-dot:1s":               "write stall=dot:1s",
		"quota=500":                        "is not a time span",
		"quota=x/24h":                      "is no limit",
		"quota=1/24h@nowhere":              `no stage "nowhere"`,
		"auth=500":                         "auth is 534, 535 or 454",
		"no-such-user@nowhere":             `no stage "nowhere"`,
		"nth=0:drop=mail":                  "is not a number from 1 up",
		"nth=x:drop=mail":                  "is not a number from 1 up",
		"to=ada@example.org:drop=mail":     "to is not known yet at mail",
		"from=ada@example.org:drop=ehlo":   "from is not known yet at ehlo",
		"cert=odd":                         "no such certificate",
		"nth=1:cert=expired":               "takes no condition",
		"ehlo=DSN":                         "is no change",
		"conn-mails=0":                     "is not a number from 1 up",
		"tarpit=-1s":                       "is not a time span",
		"random=x":                         "is not a seed",
		"random=1/0%":                      "is no chance",
		"drop=mail; first=2:drop=tomorrow": `scenario rule "first=2:drop=tomorrow": no stage`,
	} {
		_, err := fakegmail.ParseScenario(text)
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: got %v, want %q", text, err, why)
		}
	}
}

func TestScenarioText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " \n;; \n", `reply=mail:550-5.4.5 one\; two\nthree; drop=rcpt`, "first=2:drop=mail\nnth=3:to=a@x:reset=after-dot",
		"auth=534;auth=535;auth=454", "cert=expired;cert=wrong-name;size=5;recipients=1;conn-mails=3;tarpit=1ms;random=1/5%;ehlo=-SIZE,+DSN",
	} {
		sc, err := fakegmail.ParseScenario(text)
		if err != nil || sc.String() != strings.TrimSpace(text) {
			t.Errorf("%q: got %q, %v", text, sc, err)
		}
	}
	s := start(t, scenario(t, `reply=greeting:550-5.4.5 one\; two\nthree; drop=rcpt`))
	dial(t, s).want("greeting", "550-5.4.5 one; two\r\n550 5.4.5 three\r\n")
}

// What is told to people is what can be read.
func TestGrammarHolds(t *testing.T) {
	t.Parallel()
	_, rest, _ := strings.Cut(fakegmail.Grammar, "Faults:\n")
	faults, rest, _ := strings.Cut(rest, "\n\nConditions")
	for _, line := range strings.Split(faults, "\n") {
		said, _, _ := strings.Cut(strings.TrimSpace(line), "  ")
		for _, form := range strings.Split(strings.NewReplacer("reply=STAGE", "reply=mail", "STAGE", "dot", ",+", "|+").Replace(said), ", ") {
			form = strings.NewReplacer("|+", ",+", "NAME@", "no-such-user@", "NAME", "no-such-user", ":N", ":7", "=N", "=7", "TEXT", "250 x", "SEED", "1", "recipients", ";recipients", "size", ";size").Replace(form)
			if _, err := fakegmail.ParseScenario(form); err != nil {
				t.Errorf("%q, told as %q: %v", form, said, err)
			}
		}
	}
	_, example, _ := strings.Cut(rest, "Example:\n")
	example, stages, _ := strings.Cut(example, "\n\nStages: ")
	if _, err := fakegmail.ParseScenario(example); err != nil {
		t.Errorf("the example: %v", err)
	}
	var want []string
	for _, s := range fakegmail.Stages() {
		want = append(want, string(s))
	}
	if stages != strings.Join(want, " ") {
		t.Errorf("got the stages %s, want %v", stages, want)
	}
}
