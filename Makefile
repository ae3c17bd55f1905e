# Everything a developer or a machine runs, by name. Needs Python 3.11 or newer and make; the rest is installed into $(VENV).
PYTHON ?= python3
VENV ?= .venv
OUT ?= out
SITE ?= site
WORKERS ?= auto
# One thread for each worker of the tests: with more, the workers wait for each other.
PYTEST = OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n $(WORKERS)
# Those that need nothing but the checkout; `make bench BENCHMARKS="analysis render styles"` runs some that read the corpus.
BENCHMARKS ?= formats prompts controls speed

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
TORCH := torch==2.13.0
TORCH_CPU_INDEX := https://download.pytorch.org/whl/cpu

.PHONY: help compose test check check-long coverage docs bench schemas clean

help:
	@echo "make compose     install and write a 16-bar piece to $(OUT)/"
	@echo "make test        the fast tests"
	@echo "make check       everything a change must pass: lint, types, layers, docs, tests, wheel"
	@echo "make check-long  the slow checks as well, and coverage (tens of minutes)"
	@echo "make coverage    the fast tests, with the share of lines that they run"
	@echo "make docs        the documentation as a site in $(SITE)/"
	@echo "make bench       the benchmarks, one table each"
	@echo "make schemas     docs/schema from the program"

compose: $(VENV)/.runtime
	$(BIN)/cantilena compose --style string-quartet --mood melancholic --key "D minor" --meter 3/4 --tempo 84 \
		--bars 16 --seed 7 --candidates 4 --format mid,musicxml,wav -o $(OUT)

test: $(VENV)/.test
	$(PYTEST)

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict composer
	$(BIN)/lint-imports
	$(BIN)/mkdocs build --quiet --strict --site-dir $(SITE)
	$(PYTEST)

check-long: $(VENV)/.dev
	$(PYTEST) -m "long or not long" --cov=composer --cov-report=term:skip-covered

coverage: $(VENV)/.dev
	$(PYTEST) --cov=composer --cov-report=term:skip-covered

docs: $(VENV)/.dev
	$(BIN)/mkdocs build --strict --site-dir $(SITE)

bench: $(VENV)/.dev
	@for name in $(BENCHMARKS); do echo "== $$name"; $(BIN)/python -m benchmarks $$name || exit 1; done

schemas: $(VENV)/.runtime
	@for name in $$($(BIN)/cantilena schema | cut -d ' ' -f 1); do $(BIN)/cantilena schema $$name > docs/schema/$$name.json; done

clean:
	rm -rf $(OUT) $(SITE) dist build .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

# torch comes first, as the CPU build: what PyPI has for Linux brings gigabytes of CUDA along. An index that pip is already
# set up with is tried before the PyTorch project's own; macOS has a single build.
$(VENV)/.torch: constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@if [ "$$(uname -s)" != Linux ]; then $(PIP) -c constraints.txt $(TORCH); \
	else $(PIP) -c constraints.txt $(TORCH)+cpu 2>/dev/null || \
		$(PIP) $(TORCH) --index-url $(TORCH_CPU_INDEX); fi
	@touch $@

$(VENV)/.runtime: $(VENV)/.torch pyproject.toml
	$(PIP) -c constraints.txt -e ".[all]"
	@touch $@

$(VENV)/.test: $(VENV)/.runtime
	$(PIP) -c constraints.txt -e ".[test]"
	@touch $@

$(VENV)/.dev: $(VENV)/.test
	$(PIP) -c constraints.txt -e ".[dev]"
	@touch $@
