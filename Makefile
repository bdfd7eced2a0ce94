# python3 (3.11 or newer), pip and make are all that must be there: each target makes .venv by itself.
PYTHON ?= python3
BIN := .venv/bin

# What is started again and again is compiled once.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test crash attack soak chaos ssh-test packaging properties report mutants check house bench picture clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

.venv/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: name one, as in make PYTHON=python3.12")'
	@echo 'Making .venv, this once: under a minute'
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable . --group dev
	@touch $@

demo: .venv/installed ## open the screens over a throw-away folder with a simulated agent
	$(BIN)/pumpup-tui demo

test: .venv/installed ## run all tests
	$(BIN)/python -m pytest -n auto --maxprocesses 8 --dist loadfile --no-loadscope-reorder

crash: .venv/installed ## the full crash tests: kills, races, faults, flips; some minutes
	CRASH=full $(BIN)/python -m pytest tests/crash

attack: .venv/installed ## one bad caller at a time beside honest ones, whose time is measured, and every spoof; some minutes
	ATTACK=full $(BIN)/python -m pytest -s tests/attacks
	ATTACK=full $(BIN)/python -m pytest tests/pilot/test_spoofs.py

properties: .venv/installed ## the properties with all their examples; some minutes
	PROPERTIES=full $(BIN)/python -m pytest -n auto tests/store tests/server/test_openapi.py tests/pilot/test_accidents.py tests/pilot/test_contrast.py tests/pilot/test_deciding.py tests/postgres/test_same_record.py

soak: .venv/installed ## the screens for long: switches, pushes, resizes, live events; some minutes
	SOAK=full $(BIN)/python -m pytest -s tests/soak

chaos: .venv/installed ## the screens over a network that fails in every way; some minutes
	CHAOS=full $(BIN)/python -m pytest tests/chaos

ssh-test: .venv/installed ## the screens over a real SSH connection on this machine
	$(BIN)/python -m pytest -rs tests/ssh

packaging: .venv/installed ## wheel and sdist, installed on each Python that is to be had; some minutes
	PACKAGING=full $(BIN)/python -m pytest tests/packaging

report: .venv/installed ## a report in a real Chromium: 1,000 changed bytes turn it red, 10,000 decisions open; some minutes
	REPORT=full $(BIN)/python -m pytest -rs -s tests/report/test_changed_bytes.py tests/report/test_large_report.py

mutants: .venv/installed ## change the code in small ways and name what no test notices: half an hour, or ONLY=store/folder/head.py
	@$(BIN)/python -c 'import mutmut' 2>/dev/null || $(BIN)/pip install --quiet --disable-pip-version-check --group mutants
	$(BIN)/python -m tests.mutants $(if $(ONLY),--only $(ONLY))

check: .venv/installed ## lint, types, import arrows, and the figures of the house
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.house

house: .venv/installed ## circles of imports, rooms, towers, names, lengths, docstrings: each figure within its limit
	$(BIN)/python -m tests.house

bench: .venv/installed ## measure, each figure beside its baseline
	$(BIN)/python -m tests.benchmarks

picture: .venv/installed ## draw the README's pictures and write its record again
	$(BIN)/python -m tests.picture
	$(BIN)/python -m tests.sample

clean: ## remove what these targets made
	rm -rf .venv build dist
