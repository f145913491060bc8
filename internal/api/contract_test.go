package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	spec "github.com/belfryhq/belfry/api"
)

// A contract is the OpenAPI document, ready to judge answers by.
type contract struct {
	doc      map[string]any
	mu       sync.Mutex
	compiler *jsonschema.Compiler
}

const contractURL = "https://belfry.test/openapi.json"

var loadContract = sync.OnceValues(func() (*contract, error) {
	var raw any
	if err := yaml.Unmarshal([]byte(spec.OpenAPI()), &raw); err != nil {
		return nil, err
	}
	// Through JSON, so that numbers and maps have the types that the validator knows.
	b, err := json.Marshal(raw)
	if err != nil {
		return nil, err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	closeObjects(doc)
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource(contractURL, doc); err != nil {
		return nil, err
	}
	return &contract{doc: doc.(map[string]any), compiler: c}, nil
})

// closeObjects makes every object schema refuse what it does not name: an answer must not have more than is written.
func closeObjects(v any) {
	switch v := v.(type) {
	case map[string]any:
		if _, named := v["properties"].(map[string]any); named && v["additionalProperties"] == nil {
			v["additionalProperties"] = false
		}
		for _, e := range v {
			closeObjects(e)
		}
	case []any:
		for _, e := range v {
			closeObjects(e)
		}
	}
}

// resolve follows a chain of names, and references on the way. It returns the value and where it stands.
func (c *contract) resolve(pointer []string) (any, []string, bool) {
	var v any = c.doc
	var at []string
	for _, name := range pointer {
		m, ok := v.(map[string]any)
		if !ok {
			return nil, nil, false
		}
		if v, ok = m[name]; !ok {
			return nil, nil, false
		}
		at = append(slices.Clone(at), name)
		if m, ok := v.(map[string]any); ok {
			if ref, ok := m["$ref"].(string); ok {
				at = strings.Split(strings.TrimPrefix(ref, "#/"), "/")
				if v, at, ok = c.resolve(at); !ok {
					return nil, nil, false
				}
			}
		}
	}
	return v, at, true
}

func (c *contract) schema(at []string) (*jsonschema.Schema, error) {
	escaped := make([]string, len(at))
	for i, name := range at {
		escaped[i] = strings.NewReplacer("~", "~0", "/", "~1", "%", "%25", "{", "%7B", "}", "%7D").Replace(name)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.compiler.Compile(contractURL + "#/" + strings.Join(escaped, "/"))
}

// judge validates a JSON text by the schema at a place in the document.
func (c *contract) judge(body string, at ...string) error {
	_, at, ok := c.resolve(at)
	if !ok {
		return fmt.Errorf("the contract has nothing at %v", at)
	}
	schema, err := c.schema(at)
	if err != nil {
		return err
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	if err != nil {
		return fmt.Errorf("not JSON: %w", err)
	}
	return schema.Validate(v)
}

// path finds the documented path that an address is of; a literal one wins over one with a variable.
func (c *contract) path(escaped string) (string, bool) {
	parts := strings.Split(strings.TrimSuffix(strings.TrimPrefix(escaped, "/"), "/"), "/")
	best, variables := "", 100
	for pattern := range c.doc["paths"].(map[string]any) {
		names := strings.Split(strings.Trim(pattern, "/"), "/")
		if len(names) != len(parts) {
			continue
		}
		n, same := 0, true
		for i, name := range names {
			if strings.HasPrefix(name, "{") {
				n++
			} else {
				same = same && name == parts[i]
			}
		}
		if same && n < variables {
			best, variables = pattern, n
		}
	}
	return best, best != ""
}

// A contractTransport holds every answer that it brings to the contract.
type contractTransport struct {
	t    testing.TB
	next http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (ct *contractTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := ct.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	c, err := loadContract()
	if err != nil {
		return nil, err
	}
	mediaType, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil {
		mediaType = ""
	}
	body := ""
	if mediaType != "text/event-stream" {
		raw, err := io.ReadAll(resp.Body)
		if err != nil {
			return nil, err
		}
		_ = resp.Body.Close()
		body, resp.Body = string(raw), io.NopCloser(bytes.NewReader(raw))
	}
	if err := c.check(r, resp, mediaType, body); err != nil {
		ct.t.Errorf("%s %s: the answer %d is not as the contract says: %v\n%s", r.Method, r.URL, resp.StatusCode, err, body)
	}
	return resp, nil
}

func (c *contract) check(r *http.Request, resp *http.Response, mediaType, body string) error {
	if resp.Header.Get("X-Request-Id") == "" {
		return fmt.Errorf("it has no X-Request-Id")
	}
	pattern, known := c.path(r.URL.EscapedPath())
	if !known || r.Method == http.MethodOptions {
		return c.checkUndocumented(resp, mediaType, body)
	}
	method := strings.ToLower(r.Method)
	if r.Method == http.MethodHead {
		method = "get"
	}
	if _, _, ok := c.resolve([]string{"paths", pattern, method}); !ok {
		// Every documented method of the path says what a wrong one is answered.
		for other := range c.doc["paths"].(map[string]any)[pattern].(map[string]any) {
			if other != "parameters" {
				method = other
			}
		}
		if resp.StatusCode != http.StatusMethodNotAllowed && resp.StatusCode != http.StatusTooManyRequests {
			return fmt.Errorf("the method is not documented")
		}
	}
	v, at, ok := c.resolve([]string{"paths", pattern, method, "responses", strconv.Itoa(resp.StatusCode)})
	if !ok {
		return fmt.Errorf("the status is not documented for %s %s", method, pattern)
	}
	if err := c.checkHeaders(resp, at); err != nil {
		return err
	}
	content, _ := v.(map[string]any)["content"].(map[string]any)
	if r.Method == http.MethodHead {
		return nil
	}
	if len(content) == 0 {
		if body != "" {
			return fmt.Errorf("it has a body")
		}
		return nil
	}
	if content[mediaType] == nil {
		return fmt.Errorf("its type %q is not documented", mediaType)
	}
	if !strings.HasSuffix(mediaType, "json") {
		return nil
	}
	return c.judge(body, append(at, "content", mediaType, "schema")...)
}

// checkHeaders holds the headers to their schemas.
func (c *contract) checkHeaders(resp *http.Response, at []string) error {
	v, _, _ := c.resolve(append(slices.Clone(at), "headers"))
	headers, _ := v.(map[string]any)
	for name := range headers {
		h, place, _ := c.resolve(append(slices.Clone(at), "headers", name))
		value := resp.Header.Get(name)
		if value == "" {
			if h.(map[string]any)["required"] == true {
				return fmt.Errorf("it has no %s", name)
			}
			continue
		}
		quoted, err := json.Marshal(value)
		if err != nil {
			return err
		}
		if err := c.judge(string(quoted), append(place, "schema")...); err != nil {
			return fmt.Errorf("header %s: %w", name, err)
		}
	}
	return nil
}

// checkUndocumented judges what the document says for every path: unknown ones, and OPTIONS.
func (c *contract) checkUndocumented(resp *http.Response, mediaType, body string) error {
	if resp.StatusCode == http.StatusNoContent && body == "" && resp.Header.Get("Allow") != "" {
		return nil
	}
	known := resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusTooManyRequests
	if !known || mediaType != "application/problem+json" {
		return fmt.Errorf("it should be a problem, 404 or 429")
	}
	return c.judge(body, "components", "schemas", "Problem")
}
