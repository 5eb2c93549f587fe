# Two commands matter: `make run` opens the app, `make test` proves it. Both do their own set-up.

VENV   := .venv
BIN    := $(VENV)/bin
PORT   ?= 8501
ADDRESS ?= localhost
MARK_RUN := $(VENV)/.installed-run
MARK_DEV := $(VENV)/.installed-dev
MARK_BENCH := $(VENV)/.installed-bench
PEER := $(VENV)/mlflow-server
MARK_PEER := $(PEER)/.installed
KOREAN   := mlops_core/locale/ko/LC_MESSAGES/mlops.po

.DEFAULT_GOAL := help
.PHONY: help run demo xgboost mlflow test check fast browser translations bench peer clean

help: ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

run: $(MARK_RUN) ## set everything up and open the app on http://localhost:8501
	@exec $(BIN)/streamlit run app.py --server.address $(ADDRESS) --server.port $(PORT)

demo: $(MARK_RUN) ## train the samples and compare them, without a browser
	@$(BIN)/python -m mlops_core demo

test: $(MARK_DEV) browser check ## set everything up, a browser too, and run every check and test
	$(BIN)/python -m pytest -n 2 --dist worksteal

xgboost: $(MARK_RUN) ## add XGBoost, which can train on an NVIDIA GPU (a download of 500 MB)
	@# The build for processors alone, which the tests bring, has the same files.
	$(BIN)/python -m pip uninstall --quiet --disable-pip-version-check --yes xgboost-cpu
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-xgboost.txt

mlflow: $(MARK_RUN) ## add the part of MLflow that sends runs to its stores
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-mlflow.txt

check: $(MARK_DEV) ## lint, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fast: $(MARK_DEV) ## the tests that need neither a browser nor processes
	$(BIN)/python -m pytest -n 2 -m "not browser and not process"

browser: $(MARK_DEV)
	@scripts/ensure-browser $(BIN)/python

translations: $(MARK_DEV) ## collect new messages into the Korean catalogue
	$(BIN)/pybabel -q extract -F scripts/babel.cfg -k N_ -k NN_:1,2 --omit-header --no-location -o $(VENV)/messages.pot .
	$(BIN)/pybabel -q update -i $(VENV)/messages.pot -l ko -o $(KOREAN) \
		--no-wrap --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	@# What changes with every day, person and version of the tool stays out of the history.
	@grep -vE '^"(POT-Creation-Date|PO-Revision-Date|Report-Msgid-Bugs-To|Last-Translator|Language-Team|Generated-By):' $(KOREAN) > $(VENV)/ko.po
	@mv $(VENV)/ko.po $(KOREAN)

peer: $(MARK_PEER) ## add MLflow's server, which benchmarks/bench_pages.py measures beside ours

bench: $(MARK_BENCH) $(MARK_PEER) browser ## measure every figure that is claimed
	@for file in benchmarks/bench_*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

clean: ## remove the environment and caches; data/ stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis artifacts

$(VENV)/bin/python:
	@scripts/make-venv $(VENV)

$(MARK_RUN): $(VENV)/bin/python requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(MARK_DEV): $(MARK_RUN) requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

$(MARK_BENCH): $(MARK_DEV) requirements-bench.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-bench.txt
	@touch $@

$(MARK_PEER): $(MARK_BENCH) requirements-mlflow-server.txt
	@scripts/make-venv $(PEER)
	$(PEER)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-mlflow-server.txt
	@touch $@
