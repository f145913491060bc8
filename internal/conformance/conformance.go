package conformance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

// A Target is the server under test.
type Target struct {
	URL       string       // its base, like http://127.0.0.1:8000
	APIKey    string       // of an app; required
	JWTSecret string       // of its HS256 tokens; empty: people come by tickets, and the cases about tokens are not run
	HTTP      *http.Client // nil: one of our own. It must not follow redirects, ask for compression or have a Timeout
}

// A Case is one claim of the contract.
type Case struct {
	Name  string // "noun: claim"
	Run   func(*T)
	Alone bool // touches everyone: no other case may run meanwhile
}

// An Outcome says how a case ended.
type Outcome string

// The outcomes.
const (
	Passed Outcome = "passed"
	Failed Outcome = "failed"
	NotRun Outcome = "not run" // the target can't show it; the Result's Detail says why
)

// A Result is what became of a case.
type Result struct {
	Name    string
	Outcome Outcome
	Detail  string // what was wanted, what came, and the exchange that led there; or why it was not run
	Took    time.Duration
}

const (
	parallel    = 12               // cases at a time: enough to hide waiting, few enough for a small server
	caseTimeout = 60 * time.Second // more than the longest heartbeat that the contract allows
)

// Cases returns every case. Names are unique.
func Cases() []Case {
	var all []Case
	for _, group := range [][]Case{
		heartbeatCases(), expiryCases(), exchangeCases(), // these wait: first, so that the others run meanwhile
		serviceCases(), slashCases(), methodCases(), credentialCases(), tokenCases(), ticketCases(), revocationCases(), corsCases(),
		sendCases(), sendRefusedCases(), recipientCases(), bodyCases(), idempotencyCases(), dedupeCases(), bulkCases(), receiptCases(), deliveryCases(),
		userCases(), userRefusedCases(), listCases(), listRefusedCases(), pageCases(), patchCases(),
		markCases(), markAllCases(), markRefusedCases(), preferenceCases(), preferenceRuleCases(), preferenceRefusedCases(),
		streamCases(), eventCases(), streamOptionCases(), negotiationCases(), framingCases(), resumeCases(), awayCases(), resetCases(), deviceCases(), joinCases(), limitCases(), closeCases(), stoppedCases(), statusCases(),
		broadcastCases(),
	} {
		all = append(all, group...)
	}
	return all
}

// Run runs every case and reports each as it ends, one report at a time. The error says why the suite could not be run;
// that cases failed is no error.
func Run(ctx context.Context, target Target, report func(Result)) error {
	if target.APIKey == "" {
		return errors.New("run conformance suite: it needs an API key of the server")
	}
	if !strings.HasPrefix(target.URL, "http://") && !strings.HasPrefix(target.URL, "https://") {
		return fmt.Errorf("run conformance suite: %.200q is not an http(s) address", target.URL)
	}
	if target.HTTP == nil {
		h := Client()
		defer h.CloseIdleConnections()
		target.HTTP = h
	}
	var (
		waiting  sync.WaitGroup
		reports  sync.Mutex
		slots    = make(chan struct{}, parallel)
		together []Case
		alone    []Case
	)
	for _, c := range Cases() {
		if c.Alone {
			alone = append(alone, c)
		} else {
			together = append(together, c)
		}
	}
	try := func(c Case) {
		r := c.Try(ctx, target)
		reports.Lock()
		defer reports.Unlock()
		report(r)
	}
	for _, c := range together {
		slots <- struct{}{}
		waiting.Go(func() { defer func() { <-slots }(); try(c) })
	}
	waiting.Wait()
	for _, c := range alone {
		try(c)
	}
	return ctx.Err()
}

// Client returns an HTTP client as a [Target] wants it. The caller closes its idle connections.
func Client() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, DisableCompression: true, MaxIdleConnsPerHost: 4 * parallel},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Try runs the case against a target.
func (c Case) Try(ctx context.Context, target Target) (r Result) {
	ctx, cancel := context.WithTimeout(ctx, caseTimeout)
	defer cancel()
	if target.HTTP == nil {
		h := Client()
		defer h.CloseIdleConnections()
		target.HTTP = h
	}
	target.URL = strings.TrimRight(target.URL, "/")
	start := time.Now()
	t := &T{ctx: ctx, target: target}
	t.guard(func() { c.Run(t) })
	t.clean()
	return Result{Name: c.Name, Outcome: t.outcome(), Detail: t.detail(), Took: time.Since(start)}
}

// guard runs f and takes what stops it early.
func (t *T) guard(f func()) {
	defer func() {
		if p := recover(); p != nil && p != stopped {
			t.Errorf("the case panicked: %v\n%s", p, debug.Stack())
		}
	}()
	f()
}
