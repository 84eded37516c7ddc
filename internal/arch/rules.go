package arch

import "strings"

// layer is a place in the import order.
type layer struct {
	// pattern is a directory, which stands for itself and what lies below it,
	// or a directory and /*, which stands only for what lies below it. The
	// longest pattern that fits a package is its layer.
	pattern  string
	level    int
	siblings bool // packages of this layer may import each other
	why      string
}

// layers is the import order: a package may import those of lower levels.
// Two layers of one level don't know each other.
var layers = []layer{
	{"text", 0, true, "text holds pure functions: they serve any program and know nothing of records or files"},
	{"record", 1, true, "a record is read and edited the same way whatever runs it or stores it"},
	{"doctor", 4, false, "a probe tells of a machine, and of a folder and a store as runs use them; it knows nothing of what would run there"},
	{"models", 1, false, "looking for model files needs nothing of what uses them"},
	{"models/*", 2, false, "finding models is part of every run; fetching them, of none"},
	{"op", 2, false, "the contract of operators must not depend on any operator, format or engine"},
	{"storage", 2, false, "the contract of formats must not depend on any format, operator or engine"},
	{"storage/*", 3, true, "a format knows bytes and rows, not what a chain does with them"},
	{"op/optest", 4, false, "the contract suite drives operators over rows alone, so that it holds for every engine"},
	{"op/*", 5, true, "an operator can't know the plan, the engine or the file format it runs in: so it runs everywhere"},
	{"op/all", 6, false, "op/all only links operators into a binary"},
	{"partition", 4, false, "sharing a dataset out needs its rows alone: it runs no steps and knows no engine"},
	{"plan", 6, false, "a plan is pure data: it is made and checked without anything that runs it"},
	{"recipe", 7, false, "recipe is a front end: it makes plans and never runs them"},
	{"frame", 7, false, "frame is a front end: it makes plans and never knows the engine"},
	{"exec", 7, false, "the one task loop runs a task it is given; which engine gave it must make no difference"},
	{"runs", 8, false, "what is known of a run from outside is in files: it needs no engine and no plan"},
	{"backend", 8, false, "the contract of engines must not depend on any engine"},
	{"backend/*", 9, true, "an engine opens, runs, cancels and closes: the command line is above it"},
	{"cluster", 9, false, "starting clusters is apart from running on them"},
	{"cmd", 10, true, "commands are flags and printing: nothing else builds on them"},
}

// layerOf finds the layer of a directory; false when it is outside the order.
func layerOf(dir string) (best layer, ok bool) {
	for _, l := range layers {
		base, below := strings.CutSuffix(l.pattern, "/*")
		fits := strings.HasPrefix(dir, base+"/") || dir == base && !below
		if fits && len(l.pattern) > len(best.pattern) {
			best, ok = l, true
		}
	}
	return best, ok
}

// endDirs hold programs: they may import anything, and only they import
// their own parts.
var endDirs = []string{"bench", "demo"}

const endReason = "benchmarks and demonstrations use the product, never the other way round"

// drawerNames say where code was put, not what it does.
var drawerNames = []string{"util", "utils", "common", "helper", "helpers", "misc", "types"}

const drawerReason = "a package is named for what is inside; a drawer for the rest has no end"

// edgeDirs are where the clock may be read.
var edgeDirs = []string{"cmd", "bench", "demo"}

var clockReads = []string{"Now", "Since", "Until"}

const clockReason = "the clock is a parameter below cmd, so that results depend on the input alone and tests set the time"

// globalRandom lists the functions of math/rand and math/rand/v2 that draw
// from the process-wide source, which no seed reaches.
var globalRandom = []string{
	"ExpFloat64", "Float32", "Float64", "Int", "Int31", "Int31n", "Int32", "Int32N", "Int63", "Int63n",
	"Int64", "Int64N", "IntN", "Intn", "N", "NormFloat64", "Perm", "Read", "Seed", "Shuffle",
	"Uint", "Uint32", "Uint32N", "Uint64", "Uint64N", "UintN",
}

const randomReason = "the same input gives the same rows in every run: draw from a source that is seeded by the plan"

// panicFiles may panic: what they check can only be wrong in the source code.
var panicFiles = []string{"op/register.go", "storage/register.go", "storage/object/register.go"}

const panicReason = "bad input is an error with a position, never a panic; only registration and Must functions, which run at start-up, may"
