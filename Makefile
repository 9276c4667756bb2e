# Every target sets up what it needs: a virtual environment in .venv, at the versions of requirements.lock.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: demo test test-fast lint lock golden bench bench-gpu soak chaos clean

demo: $(VENV)/.ready-demo
	$(BIN)/acord demo

test: $(VENV)/.ready-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile

test-fast: $(VENV)/.ready-dev
	$(BIN)/python -m pytest -m "not slow" -n 2 --dist loadfile

lint: $(VENV)/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

golden: $(VENV)/.ready-dev
	$(BIN)/python scripts/golden.py

lock: $(VENV)/bin/python
	$(BIN)/python scripts/lock.py

bench: $(VENV)/.ready-dev
	$(BIN)/python benchmarks/dpo_vs_trl.py
	$(BIN)/python benchmarks/engine_limits.py
	$(BIN)/python benchmarks/eval_vs_lmeval.py
	$(BIN)/python benchmarks/serve_engine.py
	$(BIN)/python benchmarks/serve.py
	$(BIN)/python benchmarks/translation.py
	$(BIN)/python benchmarks/detector.py
	$(BIN)/python benchmarks/processes.py
	$(BIN)/python benchmarks/checkpoint_cost.py
	$(BIN)/python benchmarks/plan_vs_actual.py
	$(BIN)/python benchmarks/full_size.py --generate build/full-size
	$(BIN)/python benchmarks/full_size.py --measure build/full-size
	$(BIN)/python benchmarks/write_tables.py

bench-gpu: $(VENV)/.ready-dev
	$(BIN)/python benchmarks/gpu_2b.py --trl
	$(BIN)/python benchmarks/write_tables.py

soak: $(VENV)/.ready-dev
	$(BIN)/python scripts/soak.py

chaos: $(VENV)/.ready-dev
	$(BIN)/python -m scripts.chaos

clean:
	rm -rf $(VENV) runs build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Acord needs Python 3.11 or newer; this is $$($(PYTHON) --version). Set PYTHON=python3.12, say."; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.ready-demo: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) install -qq --prefer-binary -c requirements.lock -e .
	@touch $@

$(VENV)/.ready-dev: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) install -qq --prefer-binary -c requirements.lock -e '.[dev,bench]'
	@touch $@ $(VENV)/.ready-demo
