.DEFAULT_GOAL := help
PY := .venv/bin/python
# Browser tests are slow to start and need much memory: they run after the others, a few at a time.
WORKERS ?= auto
BROWSER_WORKERS ?= 2
# A file of tests stays on one worker, which sets up once what the whole file needs, such as an installation.
BY_FILE = --dist loadfile --no-loadscope-reorder
FAULT_WORKERS ?= 3
# Many tests start processes. Without stored bytecode, each process would compile all of litellm again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test test-services test-faults fuzz check lint fmt bundle bench mutation migrate worker vendor sbom screens clean install install-dev

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
	$(PY) -m pytest -n $(WORKERS) $(BY_FILE) -m "not browser and not services and not faults" || failed=1; \
	$(PY) -m pytest -n $(BROWSER_WORKERS) -m browser tests/browser || failed=1; \
	exit $$failed

test-services: export TEST_DATABASE_URL ?= postgresql+psycopg://postgres@127.0.0.1:5432/test
test-services: export TEST_REDIS_URL ?= redis://127.0.0.1:6379/15
test-services: install-dev ## Run what depends on the database or Redis on PostgreSQL and a real Redis
	$(PY) -m pytest -n $(WORKERS) $(BY_FILE) -m "not browser and not faults"

test-faults: install-dev ## Test kills, outages and full disks with real processes (minutes)
	$(PY) -m pytest -n $(FAULT_WORKERS) --dist loadfile -m faults tests/faults

fuzz: export FUZZ_CASES ?= 10000
fuzz: install-dev ## Send ten thousand generated requests to the JSON API (minutes)
	$(PY) -m pytest -n $(WORKERS) tests/contract/test_schemathesis.py

check: lint node_modules/.installed ## Run all static checks of CI
	$(PY) -m pyright
	.venv/bin/lint-imports
	.venv/bin/djlint --lint --quiet templates
	$(PY) -m scripts.format_templates --check
	npx biome ci
	npx tsc --project jsconfig.json
	$(PY) scripts/audit.py

lint: install-dev ## Check style and common mistakes
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

fmt: install-dev node_modules/.installed ## Format Python, templates, scripts and stylesheets, and bundle the latter
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .
	$(PY) -m scripts.format_templates
	npx biome check --write
	npm run --silent bundle

bundle: node_modules/.installed ## Write static/dist from static/js, static/css and the npm packages they import
	npm run --silent bundle

# Development alone needs Node: what pages load is committed.
node_modules/.installed: package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

bench: install-dev ## Measure speed against a bare Flask route (docs/performance.md)
	$(PY) -m bench

mutation: install-dev ## Change the code at random and report what no test detects (hours; ONLY=helix/policies SAMPLE=60)
	nice $(PY) -m scripts.mutation $(ONLY) $(if $(SAMPLE),--sample $(SAMPLE)) $(if $(TESTS),--tests $(TESTS))

migrate: install ## Migrate the database to the newest schema
	$(PY) -m helix migrate

worker: install ## Start only workers, beside a running installation
	$(PY) -m helix worker

vendor: install node_modules/.installed ## Copy the fonts, icons and licences of the npm packages into static/
	$(PY) scripts/vendor.py
	npx biome format --write static/css/icons.css
	npm run --silent bundle

sbom: install-dev ## Write sbom.json, a software bill of materials with hashes (CycloneDX)
	$(PY) scripts/sbom.py sbom.json

screens: install-dev ## Take the screenshots in docs/screens
	$(PY) -m scripts.screens

clean: ## Remove generated files; the data folder is kept
	rm -rf .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage mutants
	find helix tests -name __pycache__ -type d -prune -exec rm -rf {} +
	test -L .venv || rm -rf .venv
