# Every target does its own set-up; nothing is installed outside .venv, but for Chromium by `make test` as root on Debian.
# openrouter-usage needs Python 3.11 to 3.13 and make, nothing else.

PYTHON ?= python3
UV_VERSION := 0.13.9
BIN := .venv/bin
READY := .venv/.ready
READY_DEV := .venv/.ready-dev
VERSION := .venv/.version

# What changes when a commit or a tag is made or pulled: then the version of the installed program is another one.
GIT_STATE := $(wildcard $(shell git rev-parse --git-path logs/HEAD --git-path refs/tags --git-path packed-refs 2>/dev/null))
EDITABLE := $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --upgrade

# In the order of tests/conftest.py, a file at a time.
TESTED := $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

export DAGSTER_DISABLE_TELEMETRY := 1
export VIRTUAL_ENV := $(CURDIR)/.venv

.DEFAULT_GOAL := help
.PHONY: help setup run demo ui test lake all failures mutants worlds crash hostile check audit format docs answers recording release picture notebook lock clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(VERSION) ## prepare .venv from requirements.lock: what run and ui need

# What an installed .venv holds beyond a lock is removed: so this takes the lock of development where that is installed already.
define install
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	  || { echo "Python 3.11, 3.12 or 3.13 is needed, $$($(PYTHON) --version) was found: set PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "$(PYTHON) cannot make environments: install the package python3-venv, then run make again"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes $(1)
	$(EDITABLE)
	@touch $(VERSION)
endef

$(READY): requirements.lock pyproject.toml
	$(call install,$(if $(wildcard $(READY_DEV)),requirements-dev.lock,requirements.lock))
	@touch $@ $(wildcard $(READY_DEV))

$(READY_DEV): requirements-dev.lock pyproject.toml
	$(call install,requirements-dev.lock)
	@touch $(READY) $@

$(VERSION): $(GIT_STATE) | $(READY)
	@$(EDITABLE)
	@touch $@

run: $(VERSION) ## the daily job: live with OPENROUTER_API_KEY; without one the recordings of this project and OpenRouter's daily exports
	@$(BIN)/openrouter-usage run

demo: $(VERSION) ## the daily job against the built-in simulator, in warehouse/demo
	@$(BIN)/openrouter-usage run --demo

ui: $(VERSION) ## Dagster on 127.0.0.1 with the schedule on
	@$(BIN)/openrouter-usage ui

test: $(READY_DEV) ## every test but those of the lake; without Chromium those of the page are skipped, and say how to get it
	@$(BIN)/python -m tests.browser
	@$(TESTED) -m "not lake"

lake: $(READY_DEV) ## the tests of the lake, with a PostgreSQL and a bucket that they start
	@$(TESTED) -m lake

all: $(READY_DEV) ## both at once, as .ci/run does: while one waits for a server, the other goes on
	@$(BIN)/python -m tests.browser
	@$(TESTED)

failures: $(READY_DEV) ## test the catalogue of failures: what the source may do wrong, by number
	@$(BIN)/python -m tests.failures

mutants: $(READY_DEV) ## corrupt a response for every declared expectation: what is noticed passes
	@$(BIN)/pytest -q tests/pipeline/load/validation -k seen_to_fail

worlds: $(READY_DEV) ## compare published bounds with the truth of 200 random worlds, and count; WORLDS=, SEED=
	@$(BIN)/python -m tests.worlds --worlds $(or $(WORLDS),200) --seed $(or $(SEED),1)

crash: $(READY_DEV) ## kill 200 runs at any step, and check what the next ones make of it; KILLS=, SEED=
	@$(BIN)/python -m tests.crash --kills $(or $(KILLS),200) --full 20 --seed $(or $(SEED),7)

hostile: $(READY_DEV) ## try every hostile response of tests/hostile on the client and the load, and count
	@$(BIN)/python -m tests.hostile

check: $(READY_DEV) ## lint, format, types, imports, definitions, generated files, known vulnerabilities; only the last needs the network
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo --no-cache
	@$(BIN)/dg check defs
	@$(BIN)/python -m pipeline.contracts.docs --check
	@$(BIN)/python -m pipeline.cli.docs --check
	@$(BIN)/python -m tests.audit

audit: $(READY_DEV) ## look for known vulnerabilities in requirements-dev.lock, where their data can be reached
	@$(BIN)/python -m tests.audit

format: $(READY_DEV) ## format the code, and write the generated pages again: data dictionary, catalogue, commands
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/python -m pipeline.contracts.docs
	@$(BIN)/python -m pipeline.cli.docs

docs: $(READY_DEV) ## build the documentation as a site in site/, without the network
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict
	@echo "open site/index.html"

answers: $(READY_DEV) ## run warehouse/queries on warehouse/recordings again, and write the answers beside them
	@$(BIN)/python -m tests.answers

recording: $(READY_DEV) ## write warehouse/recordings again from a folder of more recorded responses, in history and recordings; FROM=
	@$(BIN)/python -m tests.recording $(or $(FROM),../shared)

release: $(VERSION) ## build what readers download in release/, from a data directory that was run or rebuilt; DATA=
	@SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m pipeline.publish.release $(DATA)

picture: $(READY) ## draw docs/hero.png again, from warehouse/recordings: the card of a page of these alone
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT \
	  && $(BIN)/openrouter-usage --data-dir "$$folder" import warehouse/recordings \
	  && $(BIN)/openrouter-usage --data-dir "$$folder" rebuild \
	  && cp "$$folder/report/card.png" docs/hero.png

notebook: $(READY_DEV) ## open the notebook on 127.0.0.1
	@$(BIN)/marimo edit --host 127.0.0.1 --skip-update-check warehouse/notebooks/m2_coding_share.py

lock: $(READY_DEV) ## resolve both locks again from pyproject.toml, the one for development within what run and ui need
	$(LOCK) --group build --extra lake pyproject.toml --output-file requirements.lock
	$(LOCK) --group dev --extra lake --extra notebook --constraints requirements.lock pyproject.toml --output-file requirements-dev.lock

clean: ## remove the environment; data stays
	rm -rf .venv
