# Everything that is built goes to build/, what a run makes to out/.

# Programs are built without cgo, so that one file runs on any machine.
export CGO_ENABLED = 0

BINARY = build/corpusmill
FUZZTIME = 2m

.PHONY: build test check-full generate demo bench conformance clean

build:
	go build -trimpath -o $(BINARY) ./cmd/corpusmill

# Tests that need a program which is missing skip and say so; with
# CORPUSMILL_REQUIRE=all they fail. CORPUSMILL_PYTHON names a Python that has
# pyarrow.
test: build
	go vet ./...
	go test -timeout 30m ./...

# What takes too long for every change: tests at full size (gigabytes, hundreds
# of kills), the race detector (needs a C compiler; by default each process that
# it watches stays for a second at its end), FUZZTIME for each fuzz test.
check-full: build
	CORPUSMILL_FULL=1 go test -count=1 -timeout 3h ./...
	CGO_ENABLED=1 GORACE=atexit_sleep_ms=0 go test -count=1 -race -timeout 1h ./...
	.ci/fuzz $(FUZZTIME)

generate:
	go generate ./...

demo:
	go run ./demo

# BENCH holds flags; bench/README.md lists them.
bench:
	go run ./bench $(BENCH)

# Compares every operator with Data-Juicer's on random rows. CONFORMANCE holds
# flags; bench/README.md lists them.
conformance:
	go run ./bench/conformance $(CONFORMANCE)

clean:
	rm -rf build out
