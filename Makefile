# What people and CI run. The build that is shipped and tested has Matrix encryption in pure Go
# (the tag goolm) and no cgo; a plain build must pass too, and lacks encryption.

GO          ?= go
TAGS        := goolm
ARGS        ?=
TIMEOUT     ?= 15m
BENCH       ?= .
FUZZTIME    ?= 5s
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.7.0
GOTESTSUM   := gotest.tools/gotestsum@v1.13.0

# Debian's packages that the tests need: a C compiler for the race detector, servers, an IRC client,
# a browser, a Matrix client.
PACKAGES := gcc libc6-dev ngircd inspircd atheme-services weechat-headless weechat-plugins postgresql chromium \
	python3-matrix-nio python3-olm
APT := DEBIAN_FRONTEND=noninteractive apt-get -q -o Acquire::Retries=3 -o DPkg::Lock::Timeout=400 -o Dpkg::Use-Pty=0

# Servers that we build ourselves, once for each state of their go.sum. The tests look here.
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/msnbridge-test
MSNBRIDGE_TEST_TOOLS ?= $(CACHE)/$(shell sha256sum e2e/tools/go.sum | cut -c1-16)
export MSNBRIDGE_TEST_TOOLS

.PHONY: build run test unit deps tools check bench fuzz

build:
	CGO_ENABLED=0 $(GO) build -trimpath -tags $(TAGS) -o msnbridge ./cmd/msnbridge

run:
	CGO_ENABLED=0 $(GO) run -tags $(TAGS) ./cmd/msnbridge $(ARGS)

# All tests: those that need no server in the plain build while the tools are built, then
# everything. Without E2E=require, tests whose servers are missing are skipped. A test that fails is
# run once more, because real servers and busy machines have their moods: it is named at the end and
# should be mended all the same. Data races and more than eight failures are never run again.
test: deps
	$(MAKE) -j2 --output-sync=target tools unit
	$(GO) run $(GOTESTSUM) --format standard-quiet --rerun-fails=1 --rerun-fails-max-failures=8 \
		--rerun-fails-abort-on-data-race --rerun-fails-run-root-test --packages ./... -- -race -tags $(TAGS) -count=1 -timeout $(TIMEOUT)

unit:
	$(GO) test -short -timeout $(TIMEOUT) ./...

# Installs what is missing where we may, and says what it is where we may not.
deps:
	@missing=$$(for p in $(PACKAGES); do \
		dpkg-query -W -f '$${db:Status-Status}\n' $$p 2>/dev/null | grep -qx installed || echo $$p; \
	done | xargs); \
	if [ -z "$$missing" ]; then \
		exit 0; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		$(APT) update && $(APT) install -y --no-install-recommends $$missing; \
	else \
		echo "Tests may be skipped for want of: $$missing"; \
	fi

tools: $(MSNBRIDGE_TEST_TOOLS)/dendrite

$(MSNBRIDGE_TEST_TOOLS)/dendrite:
	mkdir -p $(@D)
	$(GO) -C e2e/tools build -trimpath -o $@.new github.com/element-hq/dendrite/cmd/dendrite
	mv $@.new $@

check:
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "not gofmt-ed: $$unformatted"; exit 1; }
	$(GO) vet ./...
	CGO_ENABLED=0 $(GO) vet -tags $(TAGS) ./...
	$(GO) run $(STATICCHECK) ./...
	CGO_ENABLED=0 $(GO) run $(STATICCHECK) -tags $(TAGS) ./...
	$(GO) build ./...
	CGO_ENABLED=0 $(GO) build -tags $(TAGS) ./...

bench:
	$(GO) test -tags $(TAGS) -run '^$$' -bench '$(BENCH)' -benchmem ./...

# Each fuzz target for a short while: go test takes one at a time.
fuzz:
	@set -e; grep -rHo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' . | sed 's/:func / /' | \
	while read -r file target; do \
		echo "$$target in $$file"; \
		$(GO) test -tags $(TAGS) -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$(dirname "$$file")"; \
	done
