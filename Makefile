# `make` alone says what there is.

CARGO ?= cargo
CARGO_TARGET_DIR ?= $(CURDIR)/target
export CARGO_TARGET_DIR
PROGRAMS := -p waystation-hub -p waystation-agent
# For example: make demo DEMO="--stations 50"
DEMO ?=
FUZZ_SECONDS ?= 60

.DEFAULT_GOAL := help
.PHONY: help demo console console-check test check panels bench soak fuzz deny deps packages cross clean

help: ## what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The console's files: built anew when a source is newer. The hub's build takes them from there.
CONSOLE := console/dist/index.html
CONSOLE_SOURCES := $(shell find console/src console/index.html console/vite.config.ts console/package-lock.json docs/openapi.json -type f 2>/dev/null)

console: $(CONSOLE) ## the web console that the hub serves (needs Node.js and npm)

# Not `npm ci`: it refuses a lock file that leaves out packages for other systems, which some registries do not carry.
console/node_modules/.package-lock.json: console/package-lock.json
	cd console && npm install --no-save --no-audit --no-fund
	touch $@

$(CONSOLE): console/node_modules/.package-lock.json $(CONSOLE_SOURCES)
	cd console && npm run --silent build

demo: $(CONSOLE) ## a hub with simulated stations; open the address that it prints, Ctrl-C ends it
	$(CARGO) build --release -p waystation-hub
	$(CARGO_TARGET_DIR)/release/waystation-hub demo $(DEMO)

test: deps check console-check ## everything that must hold: format, lints, unit and end-to-end tests, mosquitto
	$(CARGO) build $(PROGRAMS) --bins
	cd dashboards/grafana && npm ci && npm test
	$(CARGO) test --workspace
	@echo "make test: everything passed"

console-check: $(CONSOLE)
	cd console && npm run --silent check && npm run --silent test

check: $(CONSOLE) ## format and lints only
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings

panels: ## write the Grafana dashboards anew from dashboards/grafana/src
	cd dashboards/grafana && npm ci && npm run generate

bench: $(CONSOLE) ## measure this machine, beside mosquitto, rumqttd and InfluxDB; writes docs/benchmarks.md
	$(CARGO) build --release -p waystation-hub -p waystation-bench
	$(CARGO) build --profile small -p waystation-agent
	$(CARGO_TARGET_DIR)/release/waystation-bench all --write docs/benchmarks.md

soak: $(CONSOLE) ## kill -9 the hub 50 times under load, with and without InfluxDB
	$(CARGO) build --release $(PROGRAMS) --bins
	WAYSTATION_ROUNDS=50 $(CARGO) test --release -p waystation-tests --test survives_kill -- --nocapture

fuzz: ## hostile bytes against the codec and the session, FUZZ_SECONDS each (default 60)
	scripts/fuzz.sh $(FUZZ_SECONDS)

PACKAGES := $(CARGO_TARGET_DIR)/packages
# What a gateway's flash may be asked for, bytes.
AGENT_BYTES_MAX := 6000000

packages: $(CONSOLE) ## Debian packages for this machine into target/packages; as root it also tries them in a copy of it
	$(CARGO) build --release -p waystation-hub
	$(CARGO) build --profile small -p waystation-agent
	rm -rf $(PACKAGES)
	scripts/package.sh waystation-hub $(CARGO_TARGET_DIR)/release/waystation-hub $(PACKAGES)
	BYTES_MAX=$(AGENT_BYTES_MAX) scripts/package.sh waystation-agent $(CARGO_TARGET_DIR)/small/waystation-agent $(PACKAGES)
	for try in packages services; do scripts/try-$$try.sh $(PACKAGES)/waystation-hub_*.deb $(PACKAGES)/waystation-agent_*.deb || [ $$? -eq 77 ] || exit 1; done

cross: ## whether the agent's C compiles for aarch64 and armv7
	scripts/try-cross.sh

deny: ## licences, sources, duplicates and known advisories of every dependency
	scripts/deny.sh

deps: ## what the tests need from the system: installs it as root on Debian, otherwise says what is missing
	scripts/install-deps.sh

clean: ## remove what was built, and the demo's data
	$(CARGO) clean
	rm -rf demo-data console/dist console/node_modules dashboards/grafana/node_modules
