# make test    everything the tests need is installed, then they run: Go with -race, and a real browser
# make check   what CI runs: format, lint, vet, generated files fresh, and make test
# make audit   known vulnerabilities in what we depend on (needs the Go vulnerability database)
# make fuzz    each fuzz target for FUZZTIME (10s)
# make plans   how PostgreSQL carries out what is asked all day, on 10 million notifications (6 GB of disk, some minutes)
# make bench   the table of bench/RESULTS.md, in about half an hour; ROWS="idle fanout" CONNECTIONS=500 for a part of it
# make soak    the long form of the soak, of the storm and of the cluster: 5,000 streams for 10 minutes, 18,000 lost at once, 3 × 5,000 on three nodes
# make crash   the crash tests: 200 kills, and 100 more in the middle of mail; of a cluster 50 rounds of harm, and 30 kills in the middle of mail
.DEFAULT_GOAL := build
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
FUZZTIME ?= 10s
GOTESTFLAGS ?= -race -shuffle=on -timeout=20m

.PHONY: build setup test test-go test-deploy test-web check format lint generated audit fuzz crash plans soak bench
build:
	CGO_ENABLED=0 go build -trimpath -o bin/belfry ./cmd/belfry

setup:
	.ci/setup

test: setup test-go test-deploy test-web

test-go:
	go test $(GOTESTFLAGS) ./...

# A module of its own: what reads Dockerfiles and manifests is no part of Belfry.
test-deploy:
	cd deploy && go test $(GOTESTFLAGS) ./...

test-web:
	cd clients/typescript && npm run --silent check && npm test --silent

check: format lint generated test

format: bin/golangci-lint
	bin/golangci-lint fmt --diff

lint: bin/golangci-lint
	go vet ./...
	bin/golangci-lint run
	cd deploy && go vet ./... && ../bin/golangci-lint run

# What is generated and committed must be what the sources make.
generated: setup
	go generate ./...
	git diff --exit-code -- clients/typescript/dist docs/reference env.template

bin/golangci-lint: tools/go.mod
	go build -C tools -o ../bin/golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint

audit:
	go build -C tools -o ../bin/govulncheck golang.org/x/vuln/cmd/govulncheck
	bin/govulncheck ./...

fuzz:
	@for target in $$(grep -rho --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' . | awk '{print $$2}' | sort -u); do \
	  dir=$$(dirname "$$(grep -rl --include='*_test.go' "^func $$target(" . | head -n1)"); \
	  go test "$$dir" -run='^$$' -fuzz="^$$target$$" -fuzztime=$(FUZZTIME); \
	done

crash:
	CRASHES=200 MAIL_CRASHES=100 go test -run='^(TestCrash|TestMailCrash|TestFoldedMailCrash)$$' -v -timeout=30m ./internal/crashtest
	CLUSTER_ROUNDS=50 CLUSTER_MAIL_CRASHES=30 go test -run='^(TestCluster|TestClusterCutOff|TestClusterMailCrash)$$' -v -timeout=60m ./internal/crashtest

plans:
	PLAN_ROWS=10000000 go test -run='^TestPlans$$' -v -timeout=60m ./postgres

soak:
	SOAK_STREAMS=5000 SOAK_TIME=10m go test -run='^TestSoak$$' -v -timeout=30m ./internal/soaktest
	STORM_STREAMS=18000 go test -run='^TestStorm$$' -v -timeout=30m ./internal/crashtest
	CLUSTER_STREAMS=5000 CLUSTER_ROUNDS=3 go test -run='^TestClusterFleet$$' -v -timeout=30m ./internal/crashtest

# Beside ROWS and CONNECTIONS: MESSAGES, SIZES (of growth), QUIET (of idle), PEERS, ROUNDS, OUT.
bench:
	go run ./bench/table -rows "$(ROWS)" -connections "$(or $(CONNECTIONS),0)" -messages "$(or $(MESSAGES),0)" -sizes "$(SIZES)" \
	  -quiet "$(QUIET)" -peers "$(or $(PEERS),belfry floor naive nchan 1-node 2-nodes 3-nodes)" -rounds "$(or $(ROUNDS),3)" -out "$(or $(OUT),bench/RESULTS.md)"
