# Every target first makes the virtual environment in .venv from constraints.txt, once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: setup demo test torture check bench

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "synthset needs Python 3.11 or newer, this is " + sys.version.split()[0] + "; choose another: make PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -c constraints.txt -e ".[dev]"
	@touch $(READY)

demo: $(READY)  ## make a small dataset with the models that ship with synthset
	$(BIN)/synthset demo

test: $(READY)  ## run the tests
	PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal

torture: $(READY)  ## run the slow tests, and the property tests with many examples; takes an hour
	PYTHONDONTWRITEBYTECODE= SYNTHSET_EXAMPLES=$${SYNTHSET_EXAMPLES:-2000} OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal -m "hypothesis or torture"

check: $(READY)  ## lint, check the format and the types, as CI does
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY)  ## compare the metrics' speed with the reference implementations; writes benchmarks/RESULTS.md
	$(BIN)/python benchmarks/metrics.py
