package postgres_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/belfryhq/belfry/internal/pgtest"
	"github.com/belfryhq/belfry/postgres"
)

// A planner is a server that writes down how it carried out each statement of some connections.
type planner struct {
	*pgtest.Server
	log  string // the name of its log
	read int    // how much of it was
}

func startPlanner(t *testing.T) *planner {
	t.Helper()
	p := &planner{Server: pgtest.Start(t, "shared_buffers=512MB", "max_wal_size=16GB", "autovacuum=off", "max_locks_per_transaction=256", "log_checkpoints=off",
		"logging_collector=on", "log_destination=jsonlog", "log_rotation_size=0", "log_rotation_age=0")}
	out, err := p.SQL("postgres", `SELECT pg_current_logfile('jsonlog')`)
	if err != nil {
		t.Fatal(err)
	}
	p.log = strings.TrimSpace(out)
	return p
}

// open opens a store whose statements are written down under a name.
func (p *planner) open(t *testing.T, name string) *postgres.Store {
	t.Helper()
	const options = "-c session_preload_libraries=auto_explain -c auto_explain.log_min_duration=0 -c auto_explain.log_format=json " +
		"-c auto_explain.log_nested_statements=on -c auto_explain.log_analyze=on -c auto_explain.log_timing=off"
	return openURL(t, p.URL("postgres")+"&pool_max_conns=4&application_name="+name+"&options="+strings.ReplaceAll(url.QueryEscape(options), "+", "%20"))
}

// A node of a plan, as EXPLAIN (FORMAT JSON) has it.
type planNode struct {
	Type    string     `json:"Node Type"`
	Table   string     `json:"Relation Name"`
	Index   string     `json:"Index Name"`
	Rows    float64    `json:"Actual Rows"`
	Removed float64    `json:"Rows Removed by Filter"`
	Again   float64    `json:"Rows Removed by Index Recheck"`
	Loops   float64    `json:"Actual Loops"`
	Plans   []planNode `json:"Plans"`
}

// walk calls each with the node and all below it.
func (n *planNode) walk(each func(*planNode)) {
	each(n)
	for i := range n.Plans {
		n.Plans[i].walk(each)
	}
}

// A plan is how one statement was carried out.
type plan struct {
	Text string   `json:"Query Text"`
	Plan planNode `json:"Plan"`
}

// plans returns what was written down under a name since the last call.
func (p *planner) plans(t *testing.T, name string) (found []plan) {
	t.Helper()
	mark := fmt.Sprintf("mark-%s-%d", name, p.read)
	if _, err := p.SQL("postgres", `DO $$ BEGIN RAISE LOG '`+mark+`'; END $$`); err != nil {
		t.Fatal(err)
	}
	for patience := time.After(30 * time.Second); ; {
		text, err := p.SQL("postgres", fmt.Sprintf(`SELECT encode(convert_to(pg_read_file('%s', %d, 1000000000), 'UTF8'), 'base64')`, p.log, p.read))
		if err != nil {
			t.Fatal(err)
		}
		log := decode64(t, text)
		if strings.Contains(log, mark) {
			p.read += len(log)
			return parsePlans(t, log, name)
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-patience:
			t.Fatal("the server's log does not come to its mark")
		}
	}
}

func parsePlans(t *testing.T, log, name string) (found []plan) {
	t.Helper()
	for line := range strings.Lines(log) {
		var entry struct {
			Name    string `json:"application_name"`
			Message string `json:"message"`
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("the server's log: %v: %s", err, line)
		}
		_, text, ok := strings.Cut(entry.Message, "plan:\n")
		if entry.Name != name || !ok {
			continue
		}
		var one plan
		if err := json.Unmarshal([]byte(text), &one); err != nil {
			t.Fatalf("a plan: %v: %s", err, text)
		}
		found = append(found, one)
	}
	return found
}

// small are the tables that have a row, or as many as there are settings: reading them whole is right.
var small = []string{"meta", "mail_accounts", "keys", "secrets", "pg_database", "pg_namespace"} //nolint:gochecknoglobals // never written

// judge returns the indexes by which tables that grow were read, and what is wrong: that one was read from end to end, or
// that a step touched more than maxRows.
func judge(found []plan, maxRows float64) (used, faults []string) {
	for _, one := range found {
		one.Plan.walk(func(n *planNode) {
			touched := (n.Rows + n.Removed + n.Again) * n.Loops
			switch {
			case n.Type == "Seq Scan" && !slices.Contains(small, n.Table):
				faults = append(faults, fmt.Sprintf("%s is read from end to end, by\n%s", n.Table, one.Text))
			case touched > maxRows:
				faults = append(faults, fmt.Sprintf("a %s of %s%s touches %.0f rows, by\n%s", n.Type, n.Table, n.Index, touched, one.Text))
			}
			if n.Index != "" && n.Loops > 0 && !strings.HasPrefix(n.Index, "pg_") && !strings.HasPrefix(n.Index, "meta") {
				used = append(used, n.Index)
			}
		})
	}
	slices.Sort(used)
	slices.Sort(faults)
	return slices.Compact(used), slices.Compact(faults)
}
