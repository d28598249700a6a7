# Everything runs in .venv, made from hashed locks; a stamp file says for which locks.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
VIDEO ?=
# The tests start Python hundreds of times: what is imported is compiled once, whatever a machine's habit is.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test check format lock models bench clean help

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(READY)  ## upload a video to the embedded cloud and read its people back: make demo [VIDEO=clip.mp4]
	@$(BIN)/python -m trackway.local.demo $(if $(VIDEO),"$(VIDEO)")

test: $(READY)  ## the whole test suite
	$(BIN)/python -m pytest --numprocesses 3

check: $(READY)  ## format, lint, types, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/unit/test_house.py

format: $(READY)  ## rewrite the sources in the project's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY)  ## every performance claim, side by side in one run
	$(BIN)/python -m tests.performance

lock: $(READY)  ## renew every lock file
	$(BIN)/python -m requirements.lock

clean:  ## forget the environment, the models and every result
	rm -rf .venv .cache .trackway out cdk.out

$(READY): requirements/bootstrap.txt requirements/dev.txt pyproject.toml trackway/models/packs/default.json
	@echo "Setting up .venv"
	@$(PYTHON) -c 'import sys; v = sys.version.split()[0]; sys.version_info >= (3, 11) or sys.exit("Trackway needs Python 3.11 or newer, this is " + v + ": make PYTHON=python3.12 ...")'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@$(BIN)/uv pip sync --quiet --require-hashes --python $(BIN)/python requirements/dev.txt
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python -e .
	@echo "Installing the default model pack"
	@$(BIN)/trackway models pull
	@touch $@
