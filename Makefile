# One command for everything; `make help` lists them. Needs a POSIX shell, make, and a Python (bin/find-python looks for it).
.POSIX:
.DELETE_ON_ERROR:
.PHONY: help run test check bench demo lock vendor clean
.DEFAULT_GOAL := help

PY = .venv/bin/python
MANAGE = $(PY) manage.py
CPUS = $$($(PY) -c 'import os; print(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())')
COMPILE = uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url --python-version 3.12

help: ## Say what there is
	@grep -E '^[a-z]+:.*## ' Makefile | sed 's/:.*## /|/' | awk -F'|' '{ printf "  make %-8s %s\n", $$1, $$2 }'

# The development set contains all of the base set, so where it is installed nothing more is needed to run.
.venv/base.stamp: requirements/base.txt
	@[ -f .venv/dev.stamp ] && [ ! requirements/dev.txt -nt .venv/dev.stamp ] || sh bin/install-deps requirements/base.txt
	@touch $@

.venv/dev.stamp: requirements/dev.txt
	@sh bin/install-deps requirements/dev.txt
	@touch $@

run: .venv/base.stamp ## Run everything on http://127.0.0.1:$PORT (8000), with a sample workspace at first
	@exec $(MANAGE) run_all

test: .venv/dev.stamp ## Run all tests, in a real browser too (ARGS="tests/deals -x" for some of them)
	@sh bin/test-tools
	@status=0; CRM_TESTING=1 $(PY) -m pytest -n $(CPUS) --maxschedchunk 2 $(ARGS) || status=$$?; \
		CRM_TESTING=1 $(MANAGE) postgres stop --if-idle; exit $$status

check: .venv/dev.stamp ## Check format, lint, types, imports, migrations, templates
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	.venv/bin/lint-imports
	$(PY) -m mypy
	.venv/bin/djlint --quiet --lint templates
	$(MANAGE) makemigrations --check --dry-run
	$(MANAGE) check --fail-level WARNING

bench: .venv/dev.stamp ## Measure speed on its own data (SIZE=huge, ROUNDS=3, ARGS="--only pages"); prints ratios to floors and raw SQL
	@$(PY) -m bench $(ARGS)

demo: .venv/base.stamp ## Fill the database with the sample workspace (ARGS="--size large")
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) demo $(ARGS)

lock: ## Compile requirements/*.in into *.txt with hashes (needs uv)
	cd requirements && $(COMPILE) base.in -o base.txt && $(COMPILE) dev.in -o dev.txt

vendor: ## Fetch the browser libraries in static/vendor again
	sh bin/vendor

clean: ## Remove what can be made again; data in var/ stay
	rm -rf .venv staticfiles .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
