package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/belfryhq/belfry"
	"github.com/belfryhq/belfry/internal/config"
	"github.com/belfryhq/belfry/internal/letter"
	"github.com/belfryhq/belfry/smtpmail"
)

// TestGuideTellsTheReplies holds the guide to the table by which the program decides; UPDATE=1 writes it.
func TestGuideTellsTheReplies(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "docs", "guide", "gmail.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	parts := regexp.MustCompile(`(?s)^(.*<!-- replies: [^\n]*-->\n)(.*)(<!-- /replies -->\n.*)$`).FindStringSubmatch(string(text))
	if parts == nil {
		t.Fatalf("%s has no place for the replies", path)
	}
	want := replyTables(smtpmail.Rules())
	if parts[2] == want {
		return
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(path, []byte(parts[1]+want+parts[3]), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("%s does not tell what smtpmail/replies.yaml says; write it anew: UPDATE=1 go test ./cmd/belfry -run TestGuide", path)
}

// replyTables tells the rules to people: replies, then what the connection may do.
func replyTables(rules []smtpmail.Rule) string {
	var b strings.Builder
	b.WriteString("| reply | Belfry | you |\n|---|---|---|\n")
	for _, r := range rules {
		if len(r.Code) > 0 && len(r.Example) > 0 {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", sayings(r.Example), action(r), r.Remedy)
		}
	}
	b.WriteString("\nAnd when there is no reply:\n\n| what | Belfry | you |\n|---|---|---|\n")
	for _, r := range rules {
		if len(r.Code) == 0 {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", r.Name, action(r), r.Remedy)
		}
	}
	b.WriteString("| the answer to a whole mail was lost | the mail is `ambiguous`, and its category's [policy](mail.md#when-the-answer-is-lost) decides |  |\n")
	return b.String()
}

// sayings are the first lines of replies, without the mark of a session.
func sayings(examples []string) string {
	var lines []string
	for _, example := range examples {
		line, _, _ := strings.Cut(example, "\n")
		line = regexp.MustCompile(` \S+ - gsmtp$`).ReplaceAllString(line, "")
		lines = append(lines, "`"+strings.ReplaceAll(line, "|", `\|`)+"`")
	}
	return strings.Join(lines, "<br>")
}

// action says what happens to the mail and to whom else.
func action(r smtpmail.Rule) string {
	whom := map[string]string{"account": "the account", "person": "the mailbox", "domain": "the sender's domain"}[r.Pause.Of]
	var do []string
	switch {
	case r.Pause.Until == "credential":
		do = append(do, "parks "+whom+" until the credential changes")
	case r.Pause.UpTo > 0:
		do = append(do, fmt.Sprintf("leaves %s alone for %s, at last for %s", whom, span(r.Pause.For), span(r.Pause.UpTo)))
	case whom != "":
		do = append(do, fmt.Sprintf("leaves %s alone for %s", whom, span(r.Pause.For)))
	}
	switch {
	case r.Again:
		do = append(do, "connects again at once")
	case r.Verdict == "refused":
		do = append(do, "gives the mail up")
	case r.Counts:
		do = append(do, "tries the mail again, later each time")
	}
	if r.Pause.Slow {
		do = append(do, "sends more slowly afterwards")
	}
	switch r.Suppress {
	case "yes":
		do = append(do, "sends nothing more to the address")
	case "second":
		do = append(do, "after the second time sends nothing more to the address")
	}
	if len(do) == 0 {
		return "tries again"
	}
	return strings.Join(do, "; ")
}

func span(d time.Duration) string {
	s := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, zero) {
			s = s[:len(s)-2]
		}
	}
	return s
}

// TestGuideCategories reads the guide's sample of categories.yaml as the server would.
func TestGuideCategories(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "guide", "mail.md"))
	if err != nil {
		t.Fatal(err)
	}
	sample := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(text)
	if sample == nil {
		t.Fatal("the guide has no sample")
	}
	rules, err := config.ParseCategories("mail.md", sample[1])
	if err != nil {
		t.Fatal(err)
	}
	rule := rules.Of("order.assigned")
	if *rule.Delay != 10*time.Minute || *rule.Unless != belfry.UnlessRead || fmt.Sprint(rule.Channels) != "[in_app email]" {
		t.Errorf("got %+v", rule)
	}
	if rule := rules.Of("news.weekly"); *rule.Class != belfry.Bulk {
		t.Errorf("got %+v", rule)
	}
}

// TestGuideTemplate fills in the guide's sample of a template.
func TestGuideTemplate(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "guide", "mail.md"))
	if err != nil {
		t.Fatal(err)
	}
	sample := regexp.MustCompile("(?s)```\n(\\{\\{with .User.Name.*?)```").FindSubmatch(text)
	if sample == nil {
		t.Fatal("the guide has no sample")
	}
	press, err := letter.New(letter.Config{
		Templates: fstest.MapFS{"order/body.txt": {Data: sample[1]}}, Secret: make([]byte, 32), PublicURL: "https://bell.example.com",
	})
	if err != nil {
		t.Fatal(err)
	}
	send := belfry.Send{Category: "order.assigned", Title: "x", URL: "/orders/1138", Data: []byte(`{"order":1138}`), Channels: []belfry.Channel{belfry.Email}}
	if err := press.Check(&send); err != nil {
		t.Error(err)
	}
	send.Data = nil
	if err := press.Check(&send); err == nil || !strings.Contains(err.Error(), "order/body.txt:2") {
		t.Errorf("without its data: got %v, want the file and the line", err)
	}
}
