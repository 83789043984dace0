# Every target sets up its own environment. python3 (3.11 or later), pip and make are enough.
# The first run takes a minute longer than later ones.

PYTHON := sh tools/python.sh
VENV := .venv/bin
ROUNDS := 5
SENT := 1000000

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test lint format texts bench ratio faults soak fuzz mutants kills counterparts clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 24

demo: ## send a first message to the simulator; needs no account
	@$(PYTHON) tools/environment.py demo
	@$(VENV)/smsc demo

# With CI=true the tests run on every Python of the classifiers that this machine has.
PYTHONS ?= $(if $(CI),every,one)
test: ## run all checks: style, types, tests, coverage, the built wheel; PYTHONS=one|every
	@$(PYTHON) tools/environment.py test
	@$(VENV)/python tools/checks.py --pythons $(PYTHONS)

lint: ## run the static checks only
	@$(PYTHON) tools/environment.py test
	@$(VENV)/python tools/checks.py --only static

format: ## format with ruff and apply its safe fixes
	@$(PYTHON) tools/environment.py test
	@$(VENV)/ruff check --fix-only --quiet .
	@$(VENV)/ruff format .

texts: ## collect the texts of the command line and compile their Russian translations
	@$(PYTHON) tools/environment.py test
	@$(VENV)/python tools/texts.py

POSTGRES ?=
STRICT ?=
bench: ## compare with other clients and the last version, 15 minutes; ROUNDS=5 SENT=1000000 STRICT=1
	@$(PYTHON) tools/environment.py bench
	@test -d .cache/node/node_modules/smpp || ! command -v npm >/dev/null || npm install --no-save \
		--no-package-lock --no-fund --no-audit --loglevel=error --prefix .cache/node smpp@0.5.1
	@.cache/bench-environment/bin/python benchmarks/run.py --rounds $(ROUNDS) --sent $(SENT) \
		--postgres "$(POSTGRES)" $(if $(STRICT),--strict)

REVISIONS ?= HEAD .
ratio: ## processor time of a message in git revisions; REVISIONS="1aa20ef ."
	@$(PYTHON) benchmarks/ratio.py $(REVISIONS)

FAULTS_REPEAT ?= 100
FAULTS_CYCLES ?= 200
FAULTS_SEED ?= 0
faults: ## repeat every connection fault 100 times with random timing
	@$(PYTHON) tools/environment.py test
	@FAULTS_REPEAT=$(FAULTS_REPEAT) FAULTS_CYCLES=$(FAULTS_CYCLES) FAULTS_SEED=$(FAULTS_SEED) \
	  $(VENV)/python -m pytest tests/faults -q -o test_time_limit=0

SOAK_MESSAGES ?= 200000
SOAK_SEED ?= 1
soak: ## send many messages through a faulty SMSC
	@$(PYTHON) tools/environment.py test
	@PYTHONPATH=tests/support $(VENV)/python tests/soak/soak.py --messages $(SOAK_MESSAGES) --seed $(SOAK_SEED)

FUZZ_SECONDS ?= 60
fuzz: ## fuzz session, simulator and client, guided by coverage
	@$(PYTHON) tools/environment.py fuzz
	@.cache/fuzz-environment/bin/python tests/fuzz/fuzz.py --seconds $(FUZZ_SECONDS)

APT_COUNTERPARTS := tshark wireshark-common kannel kannel-extras libnet-smpp-perl
counterparts: ## install other SMPP programs for tests/interop; needs npm, and root for those of apt
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; \
	  then apt-get install -y -qq --no-install-recommends $(APT_COUNTERPARTS); \
	  else echo "as root: apt install $(APT_COUNTERPARTS)"; fi
	npm install --no-save --no-package-lock --no-fund --no-audit --prefix . smpp@0.5.1

mutants: ## mutation testing: each breaks a promise, the nearest tests must fail; 6 to 9 minutes; ONLY=words
	@$(PYTHON) tools/environment.py test
	@$(VENV)/python tools/mutants.py $(ONLY)

kills: ## kill outbox workers and smsc bulk at random points, 200 each; about 15 minutes
	@$(PYTHON) tools/environment.py test
	@SMSC_KILLS=200 $(VENV)/python -m pytest -q tests/outbox/test_kills.py

clean: ## remove all generated files
	rm -rf .venv .cache dist build node_modules htmlcov .coverage .hypothesis
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
