# The only toolbox. From a bare clone, with Python and make alone, `make demo` and `make test` do everything.
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint search docs audit dist bench warm clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
SITE_VENV := .venv-docs
SITE_BIN := $(SITE_VENV)/$(notdir $(BIN))
AUDIT_VENV := .venv-audit
AUDIT_BIN := $(AUDIT_VENV)/$(notdir $(BIN))
PIP := $(BIN)/python -m pip install --disable-pip-version-check $(if $(CI),--quiet)
WORKERS ?= 2
EXAMPLES ?= 1000

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.dev  ## make .venv with all that demo, test and lint need

demo: $(VENV)/.sheet $(VENV)/.demo  ## run the main job: photos, plan, contact sheet, a Keras model trained without and with augmentation
	$(BIN)/variegate demo --output build/demo

test: lint  ## lint, types, architecture and all tests
	$(BIN)/python -m pytest -n $(WORKERS)

lint: $(VENV)/.dev  ## style, types and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

search: $(VENV)/.dev  ## let Hypothesis try examples that no run has tried before (EXAMPLES=1000 a test, ARGS="tests/plan")
	VARIEGATE_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest -n $(WORKERS) -m hypothesis $(or $(ARGS),tests)

docs: $(SITE_VENV)/.made  ## build the documentation with its pictures into build/site, and check it
	$(SITE_BIN)/codespell docs src *.md
	$(SITE_BIN)/sphinx-build -q -W --keep-going -E -a -c docs/site docs build/site
	$(SITE_BIN)/python docs/site/check.py build/site
	@echo "open build/site/index.html"

audit: $(AUDIT_VENV)/.made  ## look at the built site in Chromium: accessibility, requests to other hosts, screenshots in build/audit
	$(AUDIT_BIN)/python tools/audit.py build/site

dist:  ## build the sdist and the wheel, and try them in empty environments on each Python that is here
	$(PYTHON) tools/dist.py

bench:  ## measure against the peers that install, in environments of its own (ARGS="--quick", ARGS="--data DIR", ...)
	$(PYTHON) -m bench $(ARGS)

warm: $(VENV)/.demo  ## compile the kernels into the cache, ahead of their first use
	$(BIN)/variegate warm

clean:  ## remove all that make has made, .venv included
	rm -rf $(VENV) $(SITE_VENV) $(AUDIT_VENV) docs/reference docs/gallery docs/made bench/.envs bench/.data build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# A stamp says what is installed; it is older than a pyproject.toml that changed since.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Variegate needs Python 3.11 or later; try make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

# The first picture needs no framework: it is there before they are. The photographs are files of scikit-image's wheel.
$(VENV)/.sheet: pyproject.toml | $(BIN)/python
	@echo "setting up $(VENV) for the first picture"
	$(PIP) --quiet -e ".[cli]"
	$(PIP) --quiet --no-deps scikit-image
	$(BIN)/variegate demo --quick --output build/demo
	@touch $@

$(VENV)/.demo: pyproject.toml | $(BIN)/python
	@echo "setting up $(VENV) for the demo: a few minutes, once"
	$(PIP) -e ".[demo]"
	@touch $@

$(VENV)/.dev: pyproject.toml tests/requirements.txt | $(BIN)/python
	@echo "setting up $(VENV) for tests: a few minutes, once"
	$(PIP) -e ".[demo,dev]" -r tests/requirements.txt
	@touch $@ $(VENV)/.demo

$(SITE_VENV)/.made: pyproject.toml docs/requirements.txt
	@echo "setting up $(SITE_VENV) for the site: a few minutes, once"
	$(PYTHON) -m venv $(SITE_VENV)
	$(SITE_BIN)/python -m pip install --disable-pip-version-check --quiet -e ".[cli,labels,coco,arrow,isolate]" -r docs/requirements.txt
	@touch $@

$(AUDIT_VENV)/.made: tools/audit-requirements.txt
	$(PYTHON) -m venv $(AUDIT_VENV)
	$(AUDIT_BIN)/python -m pip install --disable-pip-version-check --quiet -r tools/audit-requirements.txt
	@touch $@
