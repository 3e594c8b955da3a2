# Every target sets up its own .venv and re-uses it. PYTHON chooses the interpreter (3.11 to 3.13).
PYTHON ?= python3
# Processes that run the tests: each imports TensorFlow, half a gigabyte.
JOBS ?= 2
VENV ?= .venv
BIN := $(VENV)/bin
# TensorFlow greets at length; 3 leaves errors only.
export TF_CPP_MIN_LOG_LEVEL ?= 3
# Cases of each test of make attack, and what they are drawn from.
ATTACK_CASES ?= 500
SEED ?= $(shell date +%s)

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow attack test-outside test-ecosystem test-lowest coverage lint audit format bench docs clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "%-12s %s\n", $$1, $$2}'

# One stamp per extra: an extra is installed once, and again when pyproject.toml changes.
$(VENV)/.extra-%: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Setting up $(VENV) for '$*' (the first time takes a minute or two) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[$*]'
	@touch $@

demo: $(VENV)/.extra-cli ## diagnose the default network on breast_cancer
	@echo "ridge-nn diagnose --dataset breast_cancer: 8 alphas x 10 splits, half a minute ..."
	@$(BIN)/ridge-nn diagnose --dataset breast_cancer --alphas 0,1e-3:1:7 --cv 5x2 --remedies all --html demo.html --plot demo.png

test: $(VENV)/.extra-test ## run the tests
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m "not slow"

test-slow: $(VENV)/.extra-test ## run the tests that take longer: half an hour
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m slow

attack: $(VENV)/.extra-test ## try thousands of odd arguments at random: half an hour; ATTACK_CASES and SEED say how many and which
	@echo "ATTACK_CASES=$(ATTACK_CASES) SEED=$(SEED)"
	ATTACK_CASES=$(ATTACK_CASES) $(BIN)/python -m pytest -n $(JOBS) tests/attack --hypothesis-seed=$(SEED)

test-outside: docs $(VENV)/.extra-test ## open report and documentation in a browser; install the wheel alone
	$(BIN)/python -m pytest tests/outside

.venv-ecosystem/.extra-ecosystem: pyproject.toml constraints-ecosystem.txt
	@test -x .venv-ecosystem/bin/python || $(PYTHON) -m venv .venv-ecosystem
	@echo "Setting up .venv-ecosystem (the first time takes some minutes) ..."
	@.venv-ecosystem/bin/python -m pip install --quiet --disable-pip-version-check -c constraints-ecosystem.txt -e '.[ecosystem]'
	@touch $@

test-ecosystem: .venv-ecosystem/.extra-ecosystem ## run the tests with the packages that users combine this one with, in an environment of its own
	.venv-ecosystem/bin/python -m pytest tests/ecosystem

# What tests in both environments reach, together. It takes a third longer than these tests do.
coverage: $(VENV)/.extra-test .venv-ecosystem/.extra-ecosystem ## measure what the tests reach, and hold it to its floor
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal --cov --cov-report=
	.venv-ecosystem/bin/python -m pytest tests/ecosystem --cov --cov-append --cov-report=
	$(BIN)/python -m coverage report --fail-under=97.5

test-lowest: ## run the tests on the lowest versions that pyproject.toml allows (Python 3.11)
	@test -x .venv-lowest/bin/python || python3.11 -m venv .venv-lowest
	@.venv-lowest/bin/python -m pip install --quiet --disable-pip-version-check -c constraints-lowest.txt -e '.[test]'
	.venv-lowest/bin/python -m pytest -n $(JOBS) --dist worksteal -m "not slow" -W default  # old releases warn of newer ones below them

lint: $(VENV)/.extra-lint ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy tests/typing/user_script.py
	$(BIN)/basedpyright --pythonpath $(BIN)/python

audit: ## look for known weaknesses of the versions in constraints.txt; needs PyPI's advisories
	@test -x .venv-audit/bin/pip-audit || $(PYTHON) -m venv .venv-audit
	@.venv-audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit
	.venv-audit/bin/pip-audit --requirement constraints.txt --no-deps --disable-pip --strict

format: $(VENV)/.extra-lint ## format and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.extra-bench ## measure against the peers, side by side
	$(BIN)/python benchmarks/bench.py

docs: $(VENV)/.extra-docs ## build the documentation into docs/_build/html
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo "Open docs/_build/html/index.html"

clean: ## remove the environments and everything built
	rm -rf .venv .venv-audit .venv-lowest .venv-ecosystem .coverage* build dist docs/_build docs/auto_examples docs/generated
