# `make demo` and `make test` set everything up by themselves: they need Python 3.11 or later and make.

PYTHON ?= python3
LONG ?= long
# All cores; a core that has run out of tests takes some of another's.
CORES := -n auto --dist worksteal
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test long lint format bench bench-scale catalogue clean

demo: $(READY)
	rm -rf demo
	$(BIN)/policydsl book synth demo/book --households 8 --securities 60 --seed 7
	$(BIN)/policydsl check policies --book demo/book
	$(BIN)/policydsl rebalance --policies policies --book demo/book -o demo/run
	$(BIN)/policydsl explain demo/run --most 5

test: $(READY)
	$(BIN)/python -m pytest $(CORES) -m "not long"

# pytest ends with 5 where no test is marked long.
long: $(READY)
	$(BIN)/python -m pytest $(CORES) -m "$(LONG)" || test $$? -eq 5

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# BOOK names another book than the invented one.
bench: $(READY)
	$(BIN)/python -m bench.stages $(BOOK)

# How the compiler grows with the policy set.
bench-scale: $(READY)
	$(BIN)/python -m bench.scale

# What of the rule catalogue is written, enforced and shown to bind.
catalogue: $(READY)
	$(BIN)/python -m bench.catalogue > docs/catalogue.md

clean:
	rm -rf $(VENV) build dist demo *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis

# The stamp is written last, so an installation that broke off is begun again.
$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("policydsl needs Python 3.11 or later: make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@
