# Stadttor. `make` alone prints this help.
GO ?= go
BIN := bin/stadttor
export PATH := /usr/lib/go/bin:/usr/local/go/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help run build assets setup test check race e2e gate bench nightly release generate screenshots clean

help: ## print this help
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## start eleven portals and more: a Kreis, its Kommunen, people, services (Go and Node are enough)
	./$(BIN) demo $(ARGS)

build: assets ## build bin/stadttor
	CGO_ENABLED=0 $(GO) build -trimpath -o $(BIN) ./cmd/stadttor

assets: internal/web/ui/dist/manifest.json ## fetch and build style sheet, fonts, icons, scripts (npm)

internal/web/ui/dist/manifest.json: web/package-lock.json web/build.mjs $(shell find internal/web/ui/css internal/web/ui/js internal/web/ui/icons -type f)
	cd web && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && node build.mjs

setup: ## install what the tests need (Debian packages, npm packages); does nothing where all is there
	scripts/setup

test: setup assets ## everything a change must pass: checks, tests on both engines, browser gate (some 20 minutes)
	scripts/test

check: ## gofmt, vet, generated files current, texts complete
	scripts/check

race: ## all Go tests shuffled with the race detector
	$(GO) test -race -shuffle=on ./...

e2e: setup build ## the whole journey in a real browser on both engines, with screenshots in artifacts/
	scripts/browser e2e

gate: setup build ## accessibility gate: axe, reflow, keyboard, forced colours, no JavaScript, HTML validity
	scripts/browser gate

bench: setup build ## figures as ratios to a bare baseline of the same run
	$(GO) run ./test/bench

nightly: setup assets ## long runs: 5,000 kills, fuzzing, whole gate
	scripts/nightly

generate: ## write the Go files of the templates anew
	$(GO) tool templ generate -path internal/web

screenshots: build ## make the README's pictures anew
	scripts/browser screenshots

release: assets ## static binaries for linux/amd64 and linux/arm64 in build/
	scripts/release

clean: ## remove what was built
	rm -rf bin build artifacts internal/web/ui/dist/*
