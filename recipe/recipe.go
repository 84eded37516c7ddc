// Package recipe turns a YAML or JSON recipe, the command line and the
// environment into a checked Recipe. It finds all mistakes at once, each with
// its place and the nearest thing that would have been right.
//
// Recipes are those of Data-Juicer, with the same keys and operator names.
// docs/guide/recipe.md lists the keys; Keys has the same in Go.
package recipe

import (
	"encoding/json"
	"strconv"

	"corpusmill/storage"
)

// Recipe is a checked recipe: every field has its value, defaults included.
// Paths are as written; relative ones are relative to the working directory.
type Recipe struct {
	File        string  `json:"file,omitempty"` // "" when all came from flags
	ProjectName string  `json:"project_name"`
	Inputs      []Input `json:"inputs"`
	// Suffixes are the file name endings to take from folders, lower case and
	// with their dot; empty for all that formats know.
	Suffixes []string `json:"suffixes,omitempty"`
	Export   Export   `json:"export"`
	// WorkDir is where the run folder of a result in an object store is made; ""
	// for the user's folder for states of programs.
	WorkDir string `json:"work_dir,omitempty"`
	// Credentials are those that the recipe has for object stores, by the
	// variables of the environment that they go to.
	Credentials map[string]string `json:"-"`
	// TextKey is the field that steps without a text_key of their own work
	// on: the first of TextKeys.
	TextKey     string   `json:"text_key"`
	TextKeys    []string `json:"text_keys"`
	KeepStats   bool     `json:"keep_stats_in_res_ds"`
	SkipOpError bool     `json:"skip_op_error"` // false: a row that an operator can't process ends the run
	OpenMonitor bool     `json:"open_monitor"`  // measure what the workers take of their machines
	Backend     string   `json:"backend"`       // one of Key.Enum
	// Implied says that Backend follows from executor_type.
	Implied      bool   `json:"-"`
	RayAddress   string `json:"ray_address,omitempty"` // "" for auto
	DaskAddress  string `json:"dask_address,omitempty"`
	SparkAddress string `json:"spark_address,omitempty"`
	// WorkerTimeout is in seconds; 0 for the engine's own.
	WorkerTimeout int      `json:"worker_timeout,omitempty"`
	SlurmOptions  []string `json:"slurm_options,omitempty"` // for sbatch
	Python        string   `json:"python,omitempty"`        // "" for python3
	NP            int      `json:"np"`                      // workers, at least 1
	// NPGiven says that NP isn't the default, which is this machine's.
	NPGiven bool `json:"-"`
	// Slots is how many tasks run at once on all machines together; 0 for what
	// Parallel makes of Backend and NP.
	Slots      int   `json:"-"`
	Memory     int64 `json:"memory"`                // bytes that the process may use
	MaxRow     int64 `json:"max_row"`               // bytes; a longer row is quarantined
	Segment    int64 `json:"segment"`               // bytes of uncompressed input in a segment
	TaskMemory int64 `json:"task_memory,omitempty"` // bytes, of a task that compares keys; 0 for the default
	// SplitSize is the most bytes of a file, as stored, that a task reads; 0 for
	// DefaultSplit on an engine, and on this machine for a segment.
	SplitSize int64 `json:"split_size,omitempty"`
	// SplitCount is the least number of tasks that read the input; 0 for one
	// that follows from Parallel.
	SplitCount int  `json:"split_count,omitempty"`
	WholeFiles bool `json:"whole_files,omitempty"` // each file is read by one task
	// Models are folders in which model files are looked for first.
	Models []string `json:"models,omitempty"`
	// StrictCompat refuses what is built in where Data-Juicer has a file.
	StrictCompat bool `json:"strict_compat"`
	// MaxQuarantined is how many rows may be quarantined before a run that
	// finished counts as failed.
	MaxQuarantined Limit  `json:"max_quarantined"`
	Steps          []Step `json:"steps"`
	// Notes say what in the recipe is accepted without effect, in order of
	// place.
	Notes []Problem `json:"notes,omitempty"`
}

// Input is a file, folder, glob or "-" for standard input.
type Input struct {
	Path string `json:"path"`
	// Weight is the share that dataset_path gives the input, 1 by default. It
	// has no effect as long as nothing limits the number of rows.
	Weight float64 `json:"weight"`
	Pos    Pos     `json:"pos"`
}

// Export is where and how the result is written.
type Export struct {
	Path   string        `json:"path"`   // "-" for standard output
	Format string        `json:"format"` // "jsonl", "parquet", "csv" or "tsv"
	Codec  storage.Codec `json:"codec,omitempty"`
	// Folder says that Path is a folder that gets shards: it has no
	// extension.
	Folder bool `json:"folder,omitempty"`
	// ShardSize is the most uncompressed bytes in one output file; 0 for one
	// file, or for a size of the writer's choice when Folder is set.
	ShardSize int64 `json:"shard_size,omitempty"`
	Pos       Pos   `json:"pos"`
}

// Step is one entry of process.
type Step struct {
	Name    string `json:"name"`    // canonical name, as op.Build takes it
	Written string `json:"written"` // as in the recipe: may have the prefix ray_
	// Label is unique in the recipe: Name, or Name#1, Name#2, … when the
	// operator is used several times.
	Label string `json:"label"`
	// Params is a JSON object with sorted keys that holds every parameter
	// that has an effect, defaults included.
	Params json.RawMessage `json:"params"`
	Needs  Needs           `json:"needs,omitzero"`
	Pos    Pos             `json:"pos"`
}

// Needs are what a step asks of an engine; 0 where it asks for nothing.
type Needs struct {
	NumProc int64   `json:"num_proc,omitempty"` // tasks at once
	CPUs    float64 `json:"cpu_required,omitempty"`
	GPUs    float64 `json:"gpu_required,omitempty"`
	Memory  int64   `json:"mem_required,omitempty"` // bytes
	// Accelerated asks for a GPU where the engine has any.
	Accelerated bool `json:"accelerated,omitempty"`
	// Actor asks for processes that stay for the stage.
	Actor bool `json:"actor,omitempty"`

	places map[string]Pos // of the parameters
}

// Limit is a number of rows, or a share of all rows when Percent.
type Limit struct {
	N       float64 `json:"n"`
	Percent bool    `json:"percent,omitempty"`
}

// Exceeded says whether n of total rows are more than the limit.
func (l Limit) Exceeded(n, total int64) bool {
	if l.Percent {
		return float64(n)*100 > l.N*float64(total)
	}
	return float64(n) > l.N
}

// String writes the limit as a recipe has it.
func (l Limit) String() string {
	s := strconv.FormatFloat(l.N, 'f', -1, 64)
	if l.Percent {
		s += "%"
	}
	return s
}

// Defaults are the values that depend on the machine.
type Defaults struct {
	NP     int   // workers; values below 1 count as 1
	Memory int64 // bytes
	// Exists says whether an input can be found; nil to leave that to the
	// run. It is not asked about standard input.
	Exists func(path string) bool
}
