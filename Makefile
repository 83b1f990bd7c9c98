# Sets up .venv where needed, then runs a plain command: see `python -m course --help`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin/python
COLAB := .venv-colab
# pyenv's own python3.13 fails unless that version is switched on, so its folders come first.
COLAB_PYTHON ?= $(firstword $(wildcard $(shell pyenv root 2>/dev/null)/versions/3.13.*/bin/python) 3.13)
UV := $(or $(shell command -v uv 2>/dev/null),build/uv/bin/uv)

.PHONY: notebooks test check lab site pdf guide refresh stamp colab-test help

help:
	@echo "make notebooks   run every chapter into build/"
	@echo "make test        run every test"
	@echo "make check       check style, rooms, texts and quick tests, in a minute"
	@echo "make lab         open JupyterLab at your own copies of the chapters, in my_notebooks/"
	@echo "make guide       write the instructor's guide and slides"
	@echo "make site        build the website into build/site"
	@echo "make pdf         the same, and print the course as one PDF; needs Chromium"
	@echo "make refresh     rewrite tracked outputs, figures and numbers (full MNIST only)"
	@echo "make stamp       rewrite badges, facts, named numbers and README's table"
	@echo "make colab-test  run chapters as on Colab, on its versions: [CHAPTERS=\"01 02\"]"
	@echo "Another Python: make PYTHON=python3.13 ..."

notebooks check lab refresh stamp: $(VENV)/.ready
	@$(BIN) -m course $@

$(VENV)/.ready: requirements.txt pyproject.toml
	@$(call check_python)
	@echo "Setting up $(VENV): this downloads about 1 GB, once."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@$(BIN) -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

test site guide: $(VENV)/.ready-site
	@$(BIN) -m course $@

pdf: $(VENV)/.ready-site
	@$(BIN) -m course site --pdf

$(VENV)/.ready-site: requirements-site.txt $(VENV)/.ready
	@$(BIN) -m pip install --quiet --disable-pip-version-check -r requirements-site.txt
	@touch $@

colab-test: $(COLAB)/.ready
	@$(COLAB)/bin/python -m course colab $(CHAPTERS)

$(COLAB)/.ready: requirements-colab.txt $(COLAB)/bin/python
	@$(UV) pip sync --quiet --python $(COLAB)/bin/python requirements-colab.txt
	@touch $@

$(COLAB)/bin/python: | $(UV)
	@$(UV) venv --quiet --clear --python $(COLAB_PYTHON) $(COLAB)

build/uv/bin/uv:
	@$(PYTHON) -m venv build/uv
	@build/uv/bin/python -m pip install --quiet --disable-pip-version-check uv

define check_python
$(PYTHON) -c "import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else \
'Python 3.11, 3.12 or 3.13 is needed; $(PYTHON) is %d.%d. Try: make PYTHON=python3.12 $(MAKECMDGOALS)' % v)"
endef
