# Every verb of the house; continuous integration runs the same ones.
BIN := artifacts/bin
BEAMTIME := $(BIN)/Beamtime/release/beamtime
SITE ?= demo

export DOTNET_NOLOGO := 1
export DOTNET_CLI_TELEMETRY_OPTOUT := 1

.DEFAULT_GOAL := help
.PHONY: help setup build quick test slow drill demo run bench format docs

help: ## list these verbs
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: ## install or name what the machine lacks
	@packaging/setup.sh

build: ## build everything
	@dotnet build -c Release Beamtime.slnx -v quiet -nodereuse:false

quick: build ## run the fast tests
	@test/run.sh quick

test: setup build ## run all tests
	@test/run.sh all

slow: setup build ## run the slow tests and those of the documents
	@test/run.sh slow

drill: setup build ## kill every part of a facility in turn, with work that the kill could lose
	@test/drill.sh

demo: setup build ## a tomography experiment from ready beam to registered data, simulated
	@$(BEAMTIME) demo

run: setup build ## the program on a site, by default SITE=demo
	@$(BEAMTIME) up --site $(SITE)

bench: setup build ## measure against raw cost; LINES="scan ledger" chooses, BENCH_JSON=FILE writes JSON too
	@$(BIN)/Beamtime.Bench/release/Beamtime.Bench $(LINES)

format: ## put the sources into the house's form
	@dotnet format Beamtime.slnx

docs: build ## write the generated pages of docs/reference
	@APPROVE=1 $(BIN)/Beamtime.Tests/release/Beamtime.Tests -noLogo -noColor -trait Category=Approval
