# Gradescent. `make` lists the targets. Needs Python 3.11 or newer and make, nothing else.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
# Compiled files are kept: the tests start very many processes, each of which would compile everything again.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3; do \
  $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
INSTALL = $(or $(PYTHON),$(error Python 3.11 or newer was not found; name one with `make PYTHON=/path/to/python3`)) \
  tools/install.py $(VENV)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

serve: $(VENV)/.for-serving ## install and start the portal, a worker and a demo course; Ctrl-C stops all
	@$(BIN)/gradescent serve

test: $(VENV)/.for-development ## install everything needed, then run the whole test suite
	@tools/system-packages
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test-fast: $(VENV)/.for-development ## run the tests that need neither real processes, a browser nor images
	@FUZZ_TIMES=0.1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not (slow or e2e or images or gpu)"

lint: $(VENV)/.for-development ## check style, formatting, types and import contracts
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/.for-development ## format the code and mend what ruff can mend
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

bundle: $(VENV)/.for-serving ## make the students' zip in dist/
	@mkdir -p dist
	@$(BIN)/gradescent bundle --output dist/gradescent-exercises.zip

bench: $(VENV)/.for-development ## measure this grader beside fresh pytest processes, side by side
	@$(BIN)/python bench/warm_grading.py
	@$(BIN)/python bench/throughput.py

images: $(VENV)/.for-development ## build the container images of web and worker (docker, or buildah as root)
	@$(BIN)/python docker/build.py web worker

clean: ## remove the environment, caches and build results; the data in var/ stays
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.for-serving: pyproject.toml tools/install.py
	@$(INSTALL) --extras worker,plots,data
	@touch $@

$(VENV)/.for-development: pyproject.toml tools/install.py
	@$(INSTALL) --extras worker,plots,data,servers,tracing,dev
	@touch $(VENV)/.for-serving $@

.PHONY: help serve test test-fast lint format bundle bench images clean
