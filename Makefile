# Everything runs in one virtual environment, .venv. A step that succeeded leaves a stamp in the
# directory that it filled, and is repeated when something it depends on is newer.

PYTHON ?= python3
# The releases of ipykernel that the tests run against, beside the newest.
KERNELS ?= 6.29.5
# More arguments for the program that `lab`, `bench` or `screenshots` starts.
ARGS ?=

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup lab test lint docs jest pytest browser compatibility bench soak screenshots build clean node FORCE

BIN := $(CURDIR)/.venv/bin
# As in an activated environment.
ACTIVE := PATH="$(BIN):$$PATH"
QUIETLY := scripts/quietly.sh
LINK := .venv/share/jupyter/labextensions/jupyterlab-jobs

venv := .venv/.created
python := .venv/.installed
bench_tools := .venv/.installed-bench
linked := .venv/.linked
built := lib/.built
carried := src/kernel/carried-files.json
modules := node_modules/.installed
ui_modules := ui-tests/node_modules/.installed
kernels := $(KERNELS:%=.venv-ipykernel-%/.installed)

# Environments of servers that are not the usual one.
compat := $(addsuffix /.installed,.venv-jupyterlab-4.3 .venv-collaboration .venv-server-execution)
SMOKE := tests/dispatch.spec tests/kill.spec tests/reload.spec tests/saved.spec

empty :=
space := $(empty) $(empty)
# The Pythons whose kernels are tested, the newest ipykernel first.
export JLJ_KERNEL_PYTHONS := $(subst $(space),:,$(BIN)/python $(KERNELS:%=$(CURDIR)/.venv-ipykernel-%/bin/python))

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

lab: setup ## Open the demo in JupyterLab (ARGS="--no-browser", …)
	@cd demo && $(ACTIVE) jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) demo.ipynb $(ARGS)

test: setup $(ui_modules) $(kernels) ## Run the linters and all tests
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory docs
	@$(MAKE) --no-print-directory jest
	@$(MAKE) --no-print-directory pytest
	@$(MAKE) --no-print-directory browser

lint: $(python) $(modules) $(ui_modules) $(carried) ## Check style and types, Python and TypeScript
	@echo "== ruff"
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@echo "== mypy"
	@$(BIN)/mypy
	@echo "== eslint, prettier, stylelint, tsc"
	@$(ACTIVE) jlpm lint:check

docs: $(python) ## Build the documentation into docs/_build
	@echo "== sphinx"
	@$(BIN)/sphinx-build --fail-on-warning --keep-going --quiet docs docs/_build

jest: $(modules) $(carried) ## Run the unit tests of the frontend
	@echo "== jest"
	@$(ACTIVE) jlpm jest $(ARGS)

pytest: $(python) $(kernels) $(carried) ## Run the tests of the runtime, against every ipykernel
	@echo "== pytest"
	@$(BIN)/pytest --numprocesses 3 $(ARGS)

browser: setup $(ui_modules) $(kernels) ## Run the tests in a real browser
	@echo "== playwright"
	@scripts/ensure-chromium.sh
	@cd ui-tests && $(ACTIVE) jlpm playwright test --project=lab --project=notebook $(ARGS)

compatibility: setup $(ui_modules) $(compat) ## Test the oldest JupyterLab, another ipykernel, and shared notebooks
	@scripts/ensure-chromium.sh
	@$(MAKE) --no-print-directory pytest KERNELS=6.31.0
	@cd ui-tests && $(ACTIVE) JLJ_ENVIRONMENT=.venv-jupyterlab-4.3 jlpm playwright test --project=lab $(SMOKE)
	@cd ui-tests && $(ACTIVE) JLJ_ENVIRONMENT=.venv-collaboration jlpm playwright test --project=collaboration
	@cd ui-tests && $(ACTIVE) JLJ_ENVIRONMENT=.venv-server-execution jlpm playwright test --project=server-execution

bench: setup $(bench_tools) $(kernels) .venv-async-kernel/.installed $(ui_modules) ## Measure (ARGS=kill: only a group)
	@scripts/ensure-chromium.sh
	@$(ACTIVE) python -m bench $(ARGS)

soak: setup $(ui_modules) ## Half an hour of random jobs, kills and reloads (ARGS="--minutes 5")
	@scripts/ensure-chromium.sh
	@$(ACTIVE) python -m bench.soak $(ARGS)

screenshots: setup $(ui_modules) ## Take the pictures of the documentation
	@scripts/ensure-chromium.sh
	@cd ui-tests && $(ACTIVE) jlpm playwright test --project=screenshots $(ARGS)
	@$(BIN)/python scripts/animate.py ui-tests/test-results/flow docs/images/flow.gif

build: setup ## Build the extension and link it into .venv

clean: ## Remove everything that was installed, built or cached
	@rm -rf .venv .venv-* .yarn node_modules lib dist docs/_build src/kernel/carried-*.json jupyterlab_jobs/labextension
	@rm -rf bench/results.json bench/soak.json* jupyterlab_jobs/_version.py .stylelintcache .mypy_cache .pytest_cache .ruff_cache
	@rm -rf ui-tests/.yarn ui-tests/node_modules ui-tests/test-results
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup: $(linked) $(built)

node:
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null || \
		{ echo "Node.js 20 or newer is needed; found: $$(node --version 2>/dev/null || echo none)" >&2; exit 1; }

$(venv):
	@echo "Creating .venv with $(PYTHON)"
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.10 or newer is needed" if sys.version_info < (3, 10) else 0)'
	@$(QUIETLY) $(PYTHON) -m venv --clear .venv
	@touch $@

# The build hook is skipped, because `jlpm build` does its work; the link is removed, or pip would write through it.
$(python): pyproject.toml package.json $(venv) $(if $(wildcard jupyterlab_jobs/_version.py),,FORCE)
	@echo "Installing JupyterLab, Notebook and the Python tools"
	@rm -rf $(LINK) $(linked)
	@SKIP_JUPYTER_BUILDER=1 $(QUIETLY) $(BIN)/pip install -e '.[docs,lab,lint,test]'
	@touch $@

# The project is installed already: pip only adds what its extra names.
$(bench_tools): $(python)
	@echo "Installing the tools to compare with"
	@$(QUIETLY) $(BIN)/pip install 'jupyterlab_jobs[bench]'
	@touch $@

$(modules): package.json yarn.lock .yarnrc.yml | node $(python)
	@echo "Installing the Node packages"
	@$(ACTIVE) $(QUIETLY) jlpm install --immutable
	@touch $@

$(ui_modules): ui-tests/package.json ui-tests/yarn.lock ui-tests/.yarnrc.yml | node $(python)
	@echo "Installing the Node packages of the browser tests"
	@cd ui-tests && $(ACTIVE) ../$(QUIETLY) jlpm install --immutable
	@touch $@

# Rewritten only when its content changes, so what depends on it is not remade for nothing.
$(carried): FORCE | node
	@node scripts/carry-runtime.mjs

$(built): $(carried) $(modules) tsconfig.json install.json webpack.config.js \
		$(shell find src schema style -type f -not -path '*/__tests__/*' -not -name 'carried-*.json') \
		$(if $(wildcard jupyterlab_jobs/labextension/package.json),,FORCE)
	@echo "Building the extension"
	@$(ACTIVE) $(QUIETLY) jlpm build:prod
	@touch $@

$(linked): $(python) | $(built)
	@echo "Linking the extension into JupyterLab"
	@$(ACTIVE) $(QUIETLY) jupyter-builder develop . --overwrite
	@$(ACTIVE) jupyter labextension list 2>&1 | grep -q 'jupyterlab-jobs .*enabled.*OK' || \
		{ $(ACTIVE) jupyter labextension list; exit 1; }
	@touch $@

.venv-jupyterlab-4.3/.installed: packages := 'jupyterlab==4.3.*'
.venv-collaboration/.installed: packages := 'jupyterlab>=4.6,<5' 'jupyter-collaboration>=5,<6'
.venv-server-execution/.installed: packages := 'jupyterlab>=4.6,<5' 'jupyter-collaboration>=5,<6' jupyter-server-nbmodel

$(compat): pyproject.toml
	@echo "Installing $(packages) into $(@D)"
	@$(QUIETLY) $(PYTHON) -m venv --clear $(@D)
	@$(QUIETLY) $(@D)/bin/pip install $(packages)
	@SKIP_JUPYTER_BUILDER=1 $(QUIETLY) $(@D)/bin/pip install --no-deps -e .
	@# What pip has copied would go stale.
	@mkdir -p $(@D)/share/jupyter/labextensions
	@rm -rf $(@D)/share/jupyter/labextensions/jupyterlab-jobs
	@ln -s $(CURDIR)/jupyterlab_jobs/labextension $(@D)/share/jupyter/labextensions/jupyterlab-jobs
	@touch $@

# A kernel to compare with.
.venv-async-kernel/.installed:
	@echo "Installing async-kernel into $(@D)"
	@$(QUIETLY) $(PYTHON) -m venv --clear $(@D)
	@$(QUIETLY) $(@D)/bin/pip install 'async-kernel>=0.23,<0.24'
	@touch $@

.venv-ipykernel-%/.installed:
	@echo "Installing ipykernel $*, and what jobs are tested with, into $(@D)"
	@$(QUIETLY) $(PYTHON) -m venv --clear $(@D)
	@$(QUIETLY) $(@D)/bin/pip install ipykernel==$* matplotlib rich tqdm cloudpickle 'distributed>=2025.1,<2027'
	@touch $@
