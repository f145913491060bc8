package api

import (
	"encoding/json"
	"fmt"
	"net/http"

	"go.yaml.in/yaml/v3"

	spec "github.com/belfryhq/belfry/api"
)

// specJSON converts the contract, which is written by hand in YAML, to what tools read.
func specJSON() ([]byte, error) {
	var doc map[string]any
	if err := yaml.Unmarshal([]byte(spec.OpenAPI()), &doc); err != nil {
		return nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	b, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("encode the OpenAPI document: %w", err)
	}
	return b, nil
}

// spec is GET /api/v1/openapi.json.
func (a *API) spec(c *call) error {
	b, err := a.openapi()
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, b)
}
