# Every target sets up what it needs; nothing is done twice while requirements.txt and pyproject.toml stay the same.
.DEFAULT_GOAL := help
.PHONY: help demo test chaos executors up down bench bench-scale check advisories lock setup clean

OURS := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
# The first that really runs and is new enough: a name on the PATH may be a shim with nothing behind it.
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3; do \
	$$name -c '$(OURS)' >/dev/null 2>&1 && { echo $$name; break; }; done)
BIN := .venv/bin
# make bench ROWS=100000 ROUNDS=1 ONLY=import; WRITE=1 puts the tables into benchmarks/RESULTS.md.
ROWS ?= 1000000
ROUNDS ?= 3
# make test WORKERS=4: that many test processes, each with a database server of its own. Files go out in their order:
# sorted by how many tests they hold, as is usual, the slow files of one test would come last and one process wait.
# They keep the cores busy: threads of numeric libraries would only wait for each other.
WORKERS ?= 2
# make chaos SEEDS=50 SECONDS=20 PREPARED=5 LAUNCHES=5: so many campaigns sent, each under faults for so long; so many
# prepared while vendors fail; and so many launched by the real DAGs while Airflow is killed, some ten minutes each.
SEEDS ?= 10
SECONDS ?= 20
PREPARED ?= 3
LAUNCHES ?= 2
READY := .venv/.ready

# A venv that was moved or copied with its folder points to where it was made.
ifneq ($(shell cat $(READY) 2>/dev/null),$(CURDIR))
.PHONY: $(READY)
endif

help:
	@echo "make demo   a real Airflow run on sample data, from nothing to reports"
	@echo "make test   every test;  make chaos  campaigns while Airflow, workers, database, disk and vendors fail"
	@echo "make executors  one launch under LocalExecutor, CeleryExecutor and the one of make up"
	@echo "make up     Airflow with its UI until Ctrl-C;  make down ends it from elsewhere"
	@echo "make bench  benchmarks;  make bench-scale  the whole chain at three sizes, up to ROWS customers"
	@echo "make check  linters and types;  make lock  recompile requirements.txt"
	@echo "make advisories  what is known of the pinned versions, asked over the network"
	@echo "make clean  remove the venv and caches, keep the state in .liftline"

demo: $(READY)
	@$(BIN)/liftline demo

test: $(READY)
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

chaos: $(READY)
	@$(BIN)/python -m tests.chaos --seeds $(SEEDS) --seconds $(SECONDS) --prepared $(PREPARED) --launches $(LAUNCHES)

# make executors REDIS=/usr/bin/redis-server: Celery's broker, where it is not on the PATH.
executors: $(READY)
	@$(BIN)/python -m tests.executors $(if $(REDIS),--redis $(REDIS))

up: $(READY)
	@$(BIN)/liftline up

down: $(READY)
	@$(BIN)/liftline down

bench: $(READY)
	@$(BIN)/python -m benchmarks --rows $(ROWS) --rounds $(ROUNDS) $(if $(ONLY),--only $(ONLY)) $(if $(WRITE),--write)

bench-scale: $(READY)
	@$(BIN)/python -m benchmarks.scale --rows $(ROWS)

check: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@find pipelines -name '*.sql' -exec $(BIN)/sqlfluff lint {} +
	@cd dbt && ../$(BIN)/sqlfluff lint models tests analyses
	@$(BIN)/lint-imports

advisories: $(READY)
	@$(BIN)/python -m tests.architecture.advisories

lock: $(READY)
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 requirements.in -o requirements.txt --no-header --no-annotate

setup: $(READY)

$(READY): requirements.txt pyproject.toml
	@if ! { [ "$$(cat .venv/.made-in 2>/dev/null)" = "$(CURDIR)" ] && $(BIN)/python -c '$(OURS)'; } 2>/dev/null; then \
		test -n "$(PYTHON)" && $(PYTHON) -c '$(OURS)' 2>/dev/null || \
			{ echo "Liftline needs Python 3.11, 3.12 or 3.13; install one, or name it: make PYTHON=/path/to/python3.12" >&2; exit 1; }; \
		echo "Making .venv with $$($(PYTHON) --version) ..."; \
		$(PYTHON) -m venv --clear .venv || \
			{ echo "Python could not make a venv; on Debian and Ubuntu install python3-venv." >&2; exit 1; }; \
		printf '%s' "$(CURDIR)" > .venv/.made-in; \
	fi
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep '^uv==' requirements.txt)"
	@echo "Installing what requirements.txt pins ..."
	@# uv does not read pip's settings: the mirror and the certificates that pip is told of are handed over.
	@told="$$($(BIN)/python -m pip config list 2>/dev/null || true)"; \
	index="$$(printf '%s\n' "$$told" | sed -n "s/^global.index-url='\(.*\)'/\1/p")"; \
	cert="$$(printf '%s\n' "$$told" | sed -n "s/^global.cert='\(.*\)'/\1/p")"; \
	if [ -n "$$index" ]; then export UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$$index}"; fi; \
	if [ -n "$$cert" ]; then export SSL_CERT_FILE="$${SSL_CERT_FILE:-$$cert}"; fi; \
	VIRTUAL_ENV="$(CURDIR)/.venv" $(BIN)/uv pip sync --quiet --compile-bytecode requirements.txt
	@VIRTUAL_ENV="$(CURDIR)/.venv" $(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e .
	@printf '%s' "$(CURDIR)" > $(READY)

clean:
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build *.egg-info
	@find . -name __pycache__ -type d -not -path './.liftline/*' -prune -exec rm -rf {} +
