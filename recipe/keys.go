package recipe

import (
	"fmt"
	"slices"
	"strings"
)

// Key is a top-level key of a recipe.
type Key struct {
	Name    string
	Type    KeyType
	Default string // as a recipe has it; "" for none
	Doc     string // what it does, or why it has no effect
	Enum    []string
	// Built says that the key has an effect. Others are accepted with a note.
	Built bool
	// Refused says that any value but the default is an error, since ignoring
	// it would give another result than the recipe promises.
	Refused bool
}

// KeyType is what a key's value may be. null stands for the default always.
type KeyType string

const (
	Bool    KeyType = "bool"
	Int     KeyType = "int"
	Number  KeyType = "number"
	String  KeyType = "string"
	Strings KeyType = "string or list of strings"
	Size    KeyType = "bytes" // a number, or text such as "64MiB"
	Share   KeyType = "rows or %"
	Count   KeyType = "whole number or auto"
	List    KeyType = "list"
	Map     KeyType = "mapping"
)

var (
	exportTypes = []string{"jsonl", "json", "parquet", "csv", "tsv"}
	backends    = []string{"local", "processes", "ranks", "slurm", "ray", "dask", "spark"}
	splitModes  = []string{"auto", "off"}
	executors   = []string{"default", "ray", "ray_partitioned"}
)

// builtKey is a key with an effect.
type builtKey struct {
	Key
	set func(*loader, *node)
}

// builtKeys are set in this order. process and what goes over several keys
// is apart, in load.go.
var builtKeys = []builtKey{
	{Key{Name: "project_name", Type: String, Doc: "name of the run, for its report"},
		func(l *loader, n *node) { l.text(n, "project_name", &l.out.ProjectName) }},
	{Key{Name: "dataset_path", Type: Strings, Doc: "what to read: a file, folder, glob or `-` (standard input). In text, several are separated by spaces and quoted as in a shell, each after an optional weight: `0.5 a.jsonl 0.5 b.jsonl`. In a list, each entry is one path. Weights act only together with a limit on the number of rows"},
		(*loader).datasetPath},
	{Key{Name: "dataset", Type: Map, Doc: "the long form of dataset_path: `configs: [{type: local, path: …, weight: …}]`; dataset_path comes first where both are given"},
		(*loader).dataset},
	{Key{Name: "suffixes", Type: Strings, Default: "[]", Doc: "endings of the files to take from folders; all known ones when empty"},
		(*loader).suffixes},
	{Key{Name: "export_path", Type: String, Default: defaultExport, Doc: "where the result goes: a file ending in " + exportEndings + ", a folder for shards (a path without extension), or `-` (standard output)"},
		func(l *loader, n *node) { l.text(n, "export_path", &l.out.Export.Path); l.out.Export.Pos = n.pos }},
	{Key{Name: "export_type", Type: String, Enum: exportTypes, Doc: "format of the result, where export_path doesn't say it"},
		func(l *loader, n *node) { l.choice(n, "export_type", exportTypes, &l.exportType) }},
	{Key{Name: "export_shard_size", Type: Size, Default: "0", Doc: "most uncompressed bytes in an output file; 0 for a single file"},
		func(l *loader, n *node) { l.size(n, "export_shard_size", 0, &l.out.Export.ShardSize) }},
	{Key{Name: "text_keys", Type: Strings, Default: "text", Doc: "field that operators work on unless they have a text_key: a member's name or a dotted path; of a list the first counts"},
		(*loader).textKeys},
	{Key{Name: "np", Type: Int, Doc: "workers; the number of CPUs by default, and it may be more than that"},
		(*loader).np},
	{Key{Name: "memory", Type: Size, Doc: "memory that the process may use; state that doesn't fit goes to disk"},
		func(l *loader, n *node) { l.size(n, "memory", 32<<20, &l.out.Memory) }},
	{Key{Name: "max_row", Type: Size, Default: "16MiB", Doc: "longest row; longer ones are quarantined"},
		func(l *loader, n *node) { l.size(n, "max_row", 1, &l.out.MaxRow) }},
	{Key{Name: "max_quarantined", Type: Share, Default: "0", Doc: "rows that may be quarantined, a number or a share such as `1%`; when there are more, the finished run exits with 3"},
		(*loader).maxQuarantined},
	{Key{Name: "segment", Type: Size, Default: "32MiB", Doc: "uncompressed input in a segment, the grain of commit and resume"},
		func(l *loader, n *node) { l.size(n, "segment", 1, &l.out.Segment) }},
	{Key{Name: "split", Type: String, Default: "auto", Enum: splitModes, Doc: "how the input is cut into tasks: `auto`, or `off` for a task a file"},
		(*loader).split},
	{Key{Name: "split_size", Type: Size, Default: "128MB", Doc: "most bytes of a file, as stored, that a task reads, where the file can be cut. With `local` and `processes` a task reads one segment unless this is given"},
		func(l *loader, n *node) { l.size(n, "split_size", 1, &l.out.SplitSize) }},
	{Key{Name: "split_count", Type: Count, Default: "auto", Doc: "least number of tasks that read the input, as far as it can be cut; `auto` for eight for each task that runs at once on all machines, or two when the input is small"},
		(*loader).splitCount},
	{Key{Name: "task_memory", Type: Size, Default: "24MiB", Doc: "memory of a task that compares the keys of a deduplicator; fewer tasks with more. With workers on other machines `192MiB` by default; by default it grows with inputs of many gigabytes, up to an eighth of what `memory` gives each task, or `512MiB` on Ray, Dask, Spark and Slurm"},
		func(l *loader, n *node) { l.size(n, "task_memory", 1, &l.out.TaskMemory) }},
	{Key{Name: "models", Type: Strings, Default: "[]", Doc: "folders in which model files are looked for, before the user's cache (`corpusmill/models` in it) and the folders in which Data-Juicer keeps its models. In text, several are separated as in PATH"},
		(*loader).models},
	{Key{Name: "strict_compat", Type: Bool, Default: "false", Doc: "refuse what is built in where Data-Juicer has a file: the language identifier and the lists of stop words and flagged words. By default they serve where the file isn't there, and the report names them"},
		func(l *loader, n *node) { l.bool(n, "strict_compat", &l.out.StrictCompat) }},
	{Key{Name: "executor_type", Type: String, Default: "default", Enum: executors, Doc: "`ray` and `ray_partitioned` stand for `backend: ray`, where there is Ray: without its package and an address the run is local, with a note"},
		(*loader).executorType},
	{Key{Name: "backend", Type: String, Default: "local", Enum: backends, Doc: "what runs the workers: threads of this process, processes, or an engine; comes before executor_type"},
		func(l *loader, n *node) { l.choice(n, "backend", backends, &l.out.Backend); l.out.Implied = false }},
	{Key{Name: "worker_timeout", Type: Int, Default: "30", Doc: "seconds without a sign of life after which the tasks of a worker go to others, by `ranks`, `slurm` and Python's engines. Of these `ray` has `20` by default, `dask` and `spark` have `45`, and `15` is the least"},
		(*loader).workerTimeout},
	{Key{Name: "slurm_options", Type: Strings, Default: "[]", Doc: "options for `sbatch`, such as `--partition=cpu --time=2:00:00 --cpus-per-task=4`: with the last, each job runs four tasks at once. In text they are separated by spaces"},
		(*loader).slurmOptions},
	{Key{Name: "ray_address", Type: String, Default: "auto", Doc: "where Ray is: `auto` for the cluster that this machine is a part of, `HOST:PORT` of its head, or `http://HOST:8265` to run as a job there"},
		(*loader).rayAddress},
	{Key{Name: "dask_address", Type: String, Doc: "where Dask's scheduler is: `HOST:PORT`, `tls://HOST:PORT`, or the path of a scheduler file"},
		func(l *loader, n *node) { l.text(n, "dask_address", &l.out.DaskAddress) }},
	{Key{Name: "spark_address", Type: String, Doc: "where Spark Connect is: `sc://HOST:15002`"},
		func(l *loader, n *node) { l.text(n, "spark_address", &l.out.SparkAddress) }},
	{Key{Name: "python", Type: String, Default: "python3", Doc: "Python with the engine's package, for `ray`, `dask` and `spark`; also on the head when the run is a job there"},
		func(l *loader, n *node) { l.text(n, "python", &l.out.Python) }},
	{Key{Name: "work_dir", Type: String, Doc: "where the run folder is made when `export_path` is in an object store; on an engine a folder that all machines share, or nothing: they then meet in the store. A local `export_path` has the run folder beside it, and this has no effect"},
		(*loader).workDir},
	{Key{Name: "export_aws_credentials", Type: Map, Doc: "`aws_access_key_id`, `aws_secret_access_key`, `aws_session_token`, `aws_region` and `endpoint_url` for S3, of input and output; better kept in the environment than in a recipe"},
		func(l *loader, n *node) { l.credentials(n, "export_aws_credentials") }},
	{Key{Name: "keep_stats_in_res_ds", Type: Bool, Default: "false", Doc: "write each row's stats into the result, as the member `__dj__stats__`"},
		func(l *loader, n *node) { l.bool(n, "keep_stats_in_res_ds", &l.out.KeepStats) }},
	{Key{Name: "skip_op_error", Type: Bool, Default: "true", Doc: "quarantine a row that an operator can't process; when false such a row ends the run"},
		func(l *loader, n *node) { l.bool(n, "skip_op_error", &l.out.SkipOpError) }},
	{Key{Name: "open_monitor", Type: Bool, Default: "true", Doc: "measure CPU, memory and GPUs of the workers, for report.json and monitor/monitor.json in the run folder; the result doesn't depend on it"},
		func(l *loader, n *node) { l.bool(n, "open_monitor", &l.out.OpenMonitor) }},
}

// processKey is the key that holds the steps.
var processKey = Key{Name: "process", Type: List, Built: true, Default: "[]",
	Doc: "the steps in order: a list of `operator: {parameter: value}`; without steps, rows pass unchanged"}

// Keys lists every key that a recipe may have: first those with an effect,
// then those of Data-Juicer that are accepted without one.
func Keys() []Key {
	var out []Key
	for _, k := range builtKeys {
		k.Built = true
		out = append(out, k.Key)
	}
	out = append(out, processKey)
	for _, k := range foreignKeys {
		out = append(out, k.Key)
	}
	return out
}

func findBuilt(name string) *builtKey {
	i := slices.IndexFunc(builtKeys, func(k builtKey) bool { return k.Name == name })
	if i < 0 {
		return nil
	}
	return &builtKeys[i]
}

// findForeign also knows a group by one of its members: checkpoint.enabled.
func findForeign(name string) *foreignKey {
	group, _, _ := strings.Cut(name, ".")
	for i := range foreignKeys {
		if k := &foreignKeys[i]; k.Name == name || k.Name == group && k.Type == Map {
			return k
		}
	}
	return nil
}

func keyNames() []string {
	var out []string
	for _, k := range Keys() {
		out = append(out, k.Name)
	}
	return out
}

// foreign notes a key that has no effect, unless it has the value that says
// so itself.
func (l *loader) foreign(k *foreignKey, name string, n *node, pos Pos) {
	if n.kind == kindRaw && k.Type == String {
		n = &node{pos: n.pos, kind: kindString, text: n.text}
	}
	n = l.resolve(n)
	inGroup := name != k.Name
	if !inGroup && n.kind != kindNull && !k.accepts(n) {
		l.fail(n.pos, "", "%s takes %s, not %s", name, article(k), n.describe())
		return
	}
	if k.refuse != "" && !k.harmless(n) {
		l.fail(pos, k.refuse, "%s isn't built yet: %s", name, k.Doc)
		return
	}
	if n.kind != kindNull && (inGroup || !k.harmless(n)) {
		l.note(pos, "%s is accepted without effect: %s", name, k.Doc)
	}
}

func article(k *foreignKey) string {
	switch {
	case len(k.Enum) > 0:
		return "one of " + strings.Join(k.Enum, ", ")
	case k.Type == Bool:
		return "true or false"
	case k.Type == Int:
		return "a whole number"
	case k.Type == Map:
		return "a mapping"
	default:
		return fmt.Sprintf("a %s", k.Type)
	}
}
