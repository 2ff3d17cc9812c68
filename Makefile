.DEFAULT_GOAL := help
PY := .venv/bin/python
# Browser tests are slow to start and need much memory: they run after the others, a few at a time.
WORKERS ?= auto
BROWSER_WORKERS ?= 2
FAULT_WORKERS ?= 3
# Many tests start processes. Without stored bytecode, each process would compile all of litellm again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test test-services test-faults fuzz check lint fmt bench migrate worker vendor sbom screens clean install install-dev

help: ## Show this help
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | awk -F '\t' '{printf "make %-14s %s\n", $$1, $$2}'

install:
	@scripts/install requirements.txt

install-dev:
	@scripts/install requirements-dev.txt

run: install ## Install missing packages, then start everything (Ctrl-C stops it)
	@exec $(PY) -m helix run

test: install-dev ## Run the whole suite on SQLite and the embedded Redis
	@failed=0; \
	$(PY) -m pytest -n $(WORKERS) -m "not browser and not services and not faults" || failed=1; \
	$(PY) -m pytest -n $(BROWSER_WORKERS) -m browser tests/browser || failed=1; \
	exit $$failed

test-services: export TEST_DATABASE_URL ?= postgresql+psycopg://postgres@127.0.0.1:5432/test
test-services: export TEST_REDIS_URL ?= redis://127.0.0.1:6379/15
test-services: install-dev ## Run the same suite on PostgreSQL and a real Redis
	$(PY) -m pytest -n $(WORKERS) -m "not browser and not faults"

test-faults: install-dev ## Test kills, outages and full disks with real processes (minutes)
	$(PY) -m pytest -n $(FAULT_WORKERS) --dist loadfile -m faults tests/faults

fuzz: export FUZZ_CASES ?= 10000
fuzz: install-dev ## Send ten thousand generated requests to the JSON API (minutes)
	$(PY) -m pytest -n $(WORKERS) tests/contract/test_schemathesis.py

check: lint ## Run all static checks of CI
	$(PY) -m pyright
	.venv/bin/lint-imports
	test ! -d templates || .venv/bin/djlint --lint --quiet templates
	$(PY) scripts/audit.py

lint: install-dev ## Check style and common mistakes
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

fmt: install-dev ## Format the code
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: install-dev ## Measure speed against a bare Flask route (docs/performance.md)
	$(PY) -m bench

migrate: install ## Migrate the database to the newest schema
	$(PY) -m helix migrate

worker: install ## Start only workers, beside a running installation
	$(PY) -m helix worker

vendor: install ## Copy the pinned front-end files into static/vendor (needs npm)
	npm ci --ignore-scripts
	$(PY) scripts/vendor.py

sbom: install-dev ## Write sbom.json, a software bill of materials with hashes (CycloneDX)
	$(PY) scripts/sbom.py sbom.json

screens: install-dev ## Take the screenshots in docs/screens
	$(PY) -m scripts.screens

clean: ## Remove generated files; the data folder is kept
	rm -rf .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage
	find helix tests -name __pycache__ -type d -prune -exec rm -rf {} +
	test -L .venv || rm -rf .venv
