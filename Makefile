# The two commands of the README are `make demo` and `make test`. Each does its own set-up,
# with python3 (3.11 or later), make and pip alone, and is quick the second time.

PYTHON := sh tools/python.sh
VENV := .venv/bin
ROUNDS := 5
SENT := 1000000

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test lint format bench ratio faults soak fuzz mutants kills counterparts clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 24

demo: ## the gateway's simulator and a first message, on this machine alone
	@$(PYTHON) tools/environment.py demo
	@$(VENV)/smsc demo

test: ## every check: style, types, tests, coverage, the built wheel
	@$(PYTHON) tools/environment.py test
	@$(VENV)/python tools/checks.py

lint: ## the checks that run no test
	@$(PYTHON) tools/environment.py test
	@$(VENV)/python tools/checks.py --only static

format: ## ruff format and ruff's safe repairs
	@$(PYTHON) tools/environment.py test
	@$(VENV)/ruff check --fix-only --quiet .
	@$(VENV)/ruff format .

bench: ## the client beside others, and how its cost grows: 10 minutes; ROUNDS=5 SENT=1000000
	@$(PYTHON) tools/environment.py bench
	@test -d .cache/node/node_modules/smpp || ! command -v npm >/dev/null || npm install --no-save \
		--no-package-lock --no-fund --no-audit --loglevel=error --prefix .cache/node smpp@0.5.1
	@.cache/bench-environment/bin/python benchmarks/run.py --rounds $(ROUNDS) --sent $(SENT)

REVISIONS ?= HEAD .
ratio: ## processor time of a message, by revision; REVISIONS="1aa20ef ."
	@$(PYTHON) benchmarks/ratio.py $(REVISIONS)

FAULTS_REPEAT ?= 100
FAULTS_CYCLES ?= 100
FAULTS_SEED ?= 0
faults: ## every broken link a hundred times, with random timing
	@$(PYTHON) tools/environment.py test
	@FAULTS_REPEAT=$(FAULTS_REPEAT) FAULTS_CYCLES=$(FAULTS_CYCLES) FAULTS_SEED=$(FAULTS_SEED) \
	  $(VENV)/python -m pytest tests/faults -q -o test_time_limit=0

SOAK_MESSAGES ?= 200000
SOAK_SEED ?= 1
soak: ## many messages through an SMSC that does what it likes
	@$(PYTHON) tools/environment.py test
	@PYTHONPATH=tests/support $(VENV)/python tests/soak/soak.py --messages $(SOAK_MESSAGES) --seed $(SOAK_SEED)

FUZZ_SECONDS ?= 60
fuzz: ## random octets into session, simulator and client, guided by coverage
	@$(PYTHON) tools/environment.py fuzz
	@.cache/fuzz-environment/bin/python tests/fuzz/fuzz.py --seconds $(FUZZ_SECONDS)

counterparts: ## other people's SMPP programs, for the tests in tests/interop (needs npm)
	npm install --no-save --no-package-lock --no-fund --no-audit --prefix . smpp@0.5.1

mutants: ## mutation testing: each breaks a promise, the nearest tests must fail; 10 minutes; ONLY=words
	@$(PYTHON) tools/environment.py test
	@$(VENV)/python tools/mutants.py $(ONLY)

kills: ## kill -9 of 200 outbox workers at random points; about a minute
	@$(PYTHON) tools/environment.py test
	@SMSC_KILLS=200 $(VENV)/python -m pytest -q tests/outbox/test_kills.py

clean: ## remove everything that was made here
	rm -rf .venv .cache dist build node_modules htmlcov .coverage .hypothesis
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
