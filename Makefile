# One way to do each chore. `make help` lists them.
PORT ?= 8000
export PORT DATA_DIR

PY := .venv/bin/python
BOOTSTRAP := python3 helpdesk/bootstrap.py
COMPILE := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock"
CHECKS := DJANGO_SETTINGS_MODULE=tests.settings

.DEFAULT_GOAL := help
.PHONY: help run setup dev test test-postgres thorough rights check format messages lock upgrade audit sbom image-check screenshots bench clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 16

setup: ## everything that running needs, without running
	@$(BOOTSTRAP) run

run: setup ## set up what is missing, then serve on PORT (8000) with the data in DATA_DIR (.data)
	@exec $(PY) -m helpdesk.engines

dev:
	@$(BOOTSTRAP) dev

test: dev ## run every test; ARGS="tests/domain -k dst" runs some
	@if [ -n "$(ARGS)" ]; then $(PY) -m pytest -n 2 $(ARGS); else $(PY) -m tests.everything; fi

test-postgres: dev ## the tests whose subject is SQL, on PostgreSQL; ARGS=all: all that use it
	@$(PY) -m tests.postgres $(ARGS)

thorough: dev ## the long forms of tests, an hour and more; writes docs/thorough.md; ARGS="KILLS"
	@$(PY) -m tests.thorough $(ARGS)

rights: dev ## record anew which test uses which right of AWS, an hour; ARGS="tests/web"
	@$(PY) -m tests.infrastructure.record $(ARGS)

check: dev ## formatter, linter, types, layers, templates, migrations
	@$(PY) -m ruff format --check --quiet .
	@$(PY) -m ruff check --quiet .
	@# Of a model that has moved Django's plugin keeps the old module in its cache: then once more.
	@$(CHECKS) $(PY) -m mypy > .venv/mypy.log || { rm -rf .mypy_cache; $(CHECKS) $(PY) -m mypy; }
	@.venv/bin/lint-imports --no-cache > .venv/lint-imports.log || { cat .venv/lint-imports.log; exit 1; }
	@.venv/bin/djlint templates --lint --quiet
	@$(CHECKS) $(PY) manage.py makemigrations --check --dry-run --verbosity 0
	@$(CHECKS) $(PY) manage.py check --fail-level WARNING
	@echo "make check: all is well"

format: dev ## bring code into form
	@$(PY) -m ruff check --fix --quiet . ; $(PY) -m ruff format --quiet .

messages: dev ## bring the catalogues of locale up to date with the source, and compile them
	@$(PY) manage.py update_messages

lock: dev ## pin what requirements*.in ask for; what is pinned already stays
	@$(COMPILE) requirements.in -o requirements.txt
	@$(COMPILE) requirements-dev.in -o requirements-dev.txt
	@$(COMPILE) requirements-node.in -o requirements-node.txt

upgrade: dev ## pin the newest of everything
	@$(COMPILE) --upgrade requirements.in -o requirements.txt
	@$(COMPILE) --upgrade requirements-dev.in -o requirements-dev.txt

audit: dev ## known holes in what is pinned, where a registry tells of them
	@$(PY) deploy/audit.py

sbom: dev ## the bill of materials of this release, sbom.cdx.json (CycloneDX)
	@$(PY) deploy/sbom.py sbom.cdx.json

image-check: dev ## the Dockerfile's lines, without Docker, as a user without rights
	@$(PY) deploy/image_check.py

screenshots: dev ## the README's pictures; ARGS="FOLDER": every page in each language, theme and size
	@$(PY) -m tests.screenshots $(ARGS)

bench: dev ## the benchmarks; writes docs/benchmarks.md; ARGS="--tickets 10000"
	@$(PY) -m tests.bench $(ARGS)

clean: ## remove what make built; the data in .data stays
	@rm -rf .venv theme/static theme/static_src/node_modules helpdesk/engines/node_modules .mypy_cache .ruff_cache .pytest_cache locale/*/LC_MESSAGES/*.mo
