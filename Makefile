# Everything a newcomer types. A target sets up what it needs, and only when that has changed.

# HOST is not taken from the environment: some shells and conda export one that is no address.
HOST = 127.0.0.1
PORT ?= 8501
BIN := .venv/bin
# The pinned files are complete, so pip need not work that out again, nor compile what may never be imported: each a
# third of its time.
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps --no-compile
DEV := .venv/run .venv/dev

# Some shells forbid Python to keep what it compiled: every start would compile the app and its libraries again, and the
# tests start hundreds of processes.
unexport PYTHONDONTWRITEBYTECODE

ifndef PYTHON
PYTHON := $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$python; break; }; done)
endif

.PHONY: help run viewer check test lint format browser bench requirements docker clean
.DEFAULT_GOAL := help

help:  ## List what make can do
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{ printf "  make %-13s %s\n", $$1, $$2 }'

# While the app answers this machine alone, its pages may download into any folder of yours; an empty value forbids it.
ifneq ($(filter 127.0.0.1 localhost ::1,$(HOST)),)
run: export IDC_COHORT_DOWNLOAD_ROOT ?= /
endif
run: .venv/run  ## Serve the app on http://localhost:8501 (PORT=, HOST=, PYTHON= change it)
	@echo "IDC Cohort Builder: http://localhost:$(PORT) (Ctrl-C stops it)"
	$(BIN)/python -m uvicorn app.server:app --host $(HOST) --port $(PORT) --ws-per-message-deflate false --log-level warning

viewer: .venv/run  ## Install OHIF, which the app then serves under /viewer/ (needs npm)
	@$(BIN)/python -m app install-viewer

check: lint  ## Lint, types and the tests that need neither a browser nor idc-index's client
	@$(BIN)/python -m tests.support.orthanc >/dev/null
	@$(BIN)/python -m tests.support.viewer >/dev/null
	$(BIN)/python -m pytest -m "not browser and not reference" $(PYTEST_ARGS)

# Much of the set-up waits for the network, so its parts are done beside each other.
test:  ## Lint, types and every test, browser included (PYTEST_ARGS= is handed on)
	@$(MAKE) --no-print-directory --jobs=3 lint browser
	$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: $(DEV)  ## Style, format and types of Python and JavaScript, and the Dockerfile
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --num-workers=2 .
	$(BIN)/hadolint Dockerfile
	$(BIN)/python -m tests.support.javascript lint

format: $(DEV)  ## Put the code into its format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python -m tests.support.javascript format

browser: $(DEV) .venv/debian  ## Find, or install, the Chromium, the fonts, the DICOMweb server and the viewer that tests use
	$(BIN)/python -m tests.support.browser
	$(BIN)/python -m tests.support.orthanc
	$(BIN)/python -m tests.support.viewer

bench: $(DEV)  ## Measure, and write the results under bench/
	$(BIN)/python -m bench $(BENCH_ARGS)

# The second file is bound to the first: what is tested is what is served, on every supported Python.
requirements: $(DEV)  ## Pin the ranges of pyproject.toml (UPGRADE=--upgrade takes newer releases)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 $(UPGRADE) --no-emit-index-url \
		--custom-compile-command "make requirements" pyproject.toml --extra dev --output-file requirements-dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 $(UPGRADE) --no-emit-index-url \
		--custom-compile-command "make requirements" pyproject.toml --constraints requirements-dev.txt \
		--output-file requirements.txt

docker:  ## Build the image idc-cohort-builder
	docker build --tag idc-cohort-builder .

clean:  ## Remove the environment, the viewer and every cache
	rm -rf .venv .viewer .pytest_cache .mypy_cache .ruff_cache .hypothesis tests/javascript/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Debian keeps venv in a package of its own; without it the first command leaves half an environment behind.
# The pip that comes with Python takes twice as long as a newer one.
.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer was found: install one, or name it with PYTHON=/path/to/python3."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make an environment: install its venv package (Debian, Ubuntu: apt install python3-venv)."; exit 1; }
	$(PYTHON) -m venv --clear .venv
	-@$(PIP) "pip>=26"

.venv/run: requirements.txt | .venv/bin/python
	@echo "Installing what the app needs into .venv ..."
	@$(PIP) -r requirements.txt
	@touch $@

# What the second file has beyond the first: two pips at once take little more than half the time.
.venv/dev: requirements.txt requirements-dev.txt | .venv/bin/python
	@echo "Installing what the tests and checks need into .venv (a minute or two the first time) ..."
	@grep -vxFf requirements.txt requirements-dev.txt | $(PIP) -r /dev/stdin
	@touch $@

.venv/debian: | .venv/bin/python
	@$(BIN)/python -m tests.support.packages
	@touch $@
