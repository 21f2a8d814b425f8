# Everything one does with khalifa. A bare `make` lists it.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules
BIN := .venv/bin
CODE := src tests benchmarks scripts
# Waiting for servers takes much of the time: several files at once, each on servers of its own.
# In the order in which they are named, the longest first: all end at about the same time.
SIDE_BY_SIDE := --dist loadfile --no-loadscope-reorder
LONGEST := $(patsubst %,tests/e2e/test_%.py,switching up main_job media)

# Where the environment forbids it, each of the tests' many processes would compile all of it anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## This list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: setup ## Start khalifa here with all it needs, data in ./.khalifa
	@$(BIN)/khalifa up --data .khalifa

.PHONY: setup
setup: ## Make .venv from requirements.lock; at once when nothing changed
	@scripts/setup.sh

.PHONY: web
web: setup ## Build the desk's pages anew on every change in web/, until Ctrl-C
	@$(BIN)/python scripts/build_desk.py npm run build -- --watch

.PHONY: servers
servers: ## Install MariaDB, Redis and Chromium for the tests, if missing; starts no service
	@scripts/install-servers.sh

.PHONY: test
test: ## All of it: what a change must pass
	+@MAKE='$(MAKE)' scripts/stages.sh setup servers types+unit+lint+contracts desk e2e adapters

.PHONY: lint
lint: setup ## Style and likely mistakes, formatting
	@$(BIN)/ruff check --quiet $(CODE)
	@$(BIN)/ruff format --check --quiet $(CODE)
	@$(BIN)/python scripts/build_desk.py npm run --silent lint

.PHONY: types
types: setup ## mypy --strict, and the desk's TypeScript against the API's document
	@$(BIN)/mypy $(CODE)
	@$(BIN)/python scripts/openapi.py build/openapi.json
	@$(BIN)/python scripts/build_desk.py npm run --silent types

.PHONY: contracts
contracts: setup ## Who may import whom
	@$(BIN)/lint-imports --no-cache --no-logo

.PHONY: unit
unit: setup ## The business alone: seconds, no server, no socket
	@$(BIN)/pytest -q tests/unit

.PHONY: adapters
adapters: setup servers ## HTTP, and each adapter against its port's promises, on real servers
	@$(BIN)/pytest -q -n 2 $(SIDE_BY_SIDE) tests/http tests/contracts tests/migrations tests/far_sides tests/test_servers.py

.PHONY: e2e
e2e: setup servers ## Real processes, real servers; everything broken at random moments
	@$(BIN)/pytest -q -n 3 $(SIDE_BY_SIDE) tests/crash $(LONGEST) tests/soak $(filter-out $(LONGEST),$(sort $(wildcard tests/e2e/test_*.py)))

.PHONY: crash
crash: setup servers ## Break everything at random moments and look what is lost (SEED=7 RUNS=30 SECONDS=25)
	@$(BIN)/python -m tests.crash.run --seed $(or $(SEED),1) --runs $(or $(RUNS),1) --seconds $(or $(SECONDS),25) --json build/crash.json

.PHONY: desk
desk: setup servers ## The desk in a real browser
	@$(BIN)/pytest -q -n 3 $(SIDE_BY_SIDE) tests/desk

.PHONY: long
long: setup servers ## The tests that take minutes, fifteen of them fuzzing (FUZZ_SECONDS=900)
	@$(BIN)/pytest -m "long and not live" --timeout=3600 tests

.PHONY: soak
soak: setup servers ## Let all of it work for long, and look whether anything grows (SOAK_MINUTES=30)
	@$(BIN)/python -m tests.soak.run --minutes $(or $(SOAK_MINUTES),30) --json build/soak.json

.PHONY: bench
bench: setup servers ## Measure the speed, side by side with what it is compared with (BENCH="intake live")
	@$(BIN)/python -m benchmarks $(BENCH)

.PHONY: pictures
pictures: setup servers ## Take the documents' pictures of the desk again, into docs/screens (some minutes)
	@$(BIN)/python -m tests.desk.pictures --into docs/screens

# 75 is how unpack-mysql.sh says that this machine cannot; that is no failure.
.PHONY: test-mysql
test-mysql: setup ## The database's contracts and migrations on a real MySQL
ifdef KHALIFA_TEST_MYSQL_URL
	@$(BIN)/pytest -q -m "mysql and not long and not live" tests/contracts tests/migrations
else
	@scripts/unpack-mysql.sh build/mysql || { [ $$? -eq 75 ] && exit 0 || exit 1; }; \
	[ ! -d build/mysql ] || \
	    KHALIFA_TEST_MYSQL_HOME=build/mysql $(BIN)/pytest -q -m "mysql and not long and not live" tests/contracts tests/migrations
endif

.PHONY: fmt
fmt: setup ## Format, and mend what can be mended by itself
	@$(BIN)/ruff check --fix --quiet $(CODE) || true
	@$(BIN)/ruff format $(CODE)

.PHONY: wheel
wheel: setup ## The package as a wheel in dist/, with the desk in it, and what it stands on by hash
	@rm -f dist/khalifa-*.whl
	@$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .
	@$(BIN)/python scripts/runtime_requirements.py >dist/requirements.txt

# In an environment of its own: what looks for weaknesses must not be held down by what it looks at.
.PHONY: audit
audit: setup ## Ask PyPI and npm which known weaknesses what we stand on has
	@[ -x build/audit/bin/pip-audit ] || { python3 -m venv build/audit && build/audit/bin/python -m pip install --quiet pip-audit; }
	@build/audit/bin/pip-audit --strict --require-hashes --disable-pip --requirement requirements.lock
	@$(BIN)/python scripts/build_desk.py npm audit

.PHONY: lock
lock: ## Write requirements.lock again from pyproject.toml (needs uv; UPGRADE=1 for newer versions)
	@uv pip compile --quiet pyproject.toml --group dev --universal --generate-hashes \
	    --no-emit-index-url --no-header $(if $(UPGRADE),--upgrade) -o requirements.lock

.PHONY: clean
clean: ## Remove what can be made again; your data in ./.khalifa stays
	@rm -rf .venv build dist web/node_modules src/khalifa/entrypoints/http/static/desk .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
