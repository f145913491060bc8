package server_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// A process with loadVariable in its environment sends to the server at that address, loadSends times by loadAskers at once, and ends.
// It is a process of its own so that what the server costs can be told from what asking costs.
const (
	loadVariable = "BELFRY_TEST_LOAD_URL"
	loadSends    = "BELFRY_TEST_LOAD_SENDS"
	loadAskers   = "BELFRY_TEST_LOAD_ASKERS"
)

func load(url string) {
	sends, askers := number(loadSends), number(loadAskers)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: int(askers)}}
	var next atomic.Int64
	var all sync.WaitGroup
	for range askers {
		all.Go(func() {
			for i := next.Add(1); i <= sends; i = next.Add(1) {
				if err := post(client, url, i%1000); err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
			}
		})
	}
	all.Wait()
}

func number(variable string) int64 {
	n, err := strconv.ParseInt(os.Getenv(variable), 10, 64)
	if err != nil {
		fmt.Fprintln(os.Stderr, variable, err)
		os.Exit(1)
	}
	return n
}

func post(client *http.Client, url string, user int64) error {
	body := fmt.Sprintf(`{"to":"user-%d","category":"order.assigned","title":"Order 1138 is yours","body":"Due on Friday.","data":{"order":1138}}`, user)
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url+"/api/v1/notifications/", strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+appKey)
	r.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusCreated {
		err = fmt.Errorf("%s: %s", answer.Status, text)
	}
	return err
}
