# What people and CI run. Each target sets itself up: a virtual environment from the lock file, checked by hash.
# Needs Python 3.11 or newer and make; `make PYTHON=python3.12 test` chooses another one.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?=

INSTALLED := $(VENV)/.installed
CONTRACTS := tests/contracts
SCHEMAS := $(CONTRACTS)/node_modules/.package-lock.json
UV := uv==0.13.9

.PHONY: demo test chaos lint format docs lock bench clean

demo: $(INSTALLED)
	@$(BIN)/rfh-bot demo $(ARGS)

test: $(INSTALLED) schemas
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile $(ARGS)

# A thousand random scenarios in which everything goes wrong; the suite runs a few. Takes about an hour.
chaos: $(INSTALLED)
	RFH_BOT_CHAOS=1000 $(BIN)/python -m pytest tests/test_chaos.py $(ARGS)

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml examples/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions action.yml
	$(BIN)/zizmor --offline --quiet --no-progress . examples/workflows/*.yml

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The tables in README and docs that come from code.
docs: $(INSTALLED)
	$(BIN)/python tests/generated_docs.py

# Newest versions that fit pyproject.toml, for every platform and Python we support.
lock: $(INSTALLED)
	$(BIN)/pip install --quiet '$(UV)'
	UV_CUSTOM_COMPILE_COMMAND='make lock' $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-emit-find-links --all-extras --upgrade \
		--output-file requirements.lock pyproject.toml
	UV_CUSTOM_COMPILE_COMMAND='make lock' $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-emit-find-links --constraint requirements.lock \
		--extra privacy --output-file requirements-action.lock pyproject.toml
	UV_CUSTOM_COMPILE_COMMAND='make lock' $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-emit-find-links --constraint requirements.lock \
		--extra postgres --extra privacy --extra report --output-file requirements-image.lock pyproject.toml
	echo 'hatchling>=1.25' | UV_CUSTOM_COMPILE_COMMAND='make lock' $(BIN)/uv pip compile --quiet --universal \
		--python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--constraint requirements.lock --output-file requirements-build.lock -

bench: $(INSTALLED)
	@for name in benchmarks/[a-z]*.py; do \
		echo "== $$name"; $(BIN)/python -m "$$(echo "$${name%.py}" | tr / .)" $(ARGS) || exit 1; \
	done

clean:
	rm -rf $(VENV) $(CONTRACTS)/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis

# ── set-up ──────────────────────────────────────────────────────────────────────────────────

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "rfh-bot needs Python 3.11 or newer, and '$(PYTHON)' is not: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "Setting up $(VENV) (once)"
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -qq --no-compile --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# GitHub's published schemas, for the contract tests only; they come from npm and are never part of the product.
.PHONY: schemas
ifneq ($(shell command -v npm),)
schemas: $(SCHEMAS)
else
schemas:
	@echo "npm is not installed: contract tests against GitHub's schemas are skipped" >&2
endif

$(SCHEMAS): $(CONTRACTS)/package-lock.json
	@echo "Fetching GitHub's schemas (once)"
	@cd $(CONTRACTS) && npm ci --silent --no-audit --no-fund --ignore-scripts
	@touch $@
