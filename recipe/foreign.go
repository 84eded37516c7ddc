package recipe

import (
	"math"
	"slices"
)

// foreignKey is a key of Data-Juicer 1.4.3 or 1.6.1 that has no effect here.
type foreignKey struct {
	Key
	// refuse is what to do about a value that must not be ignored, because
	// the result would not be what the recipe promises. Empty for keys that
	// are only noted.
	refuse string
}

// accepts says whether n has the key's type.
func (k *foreignKey) accepts(n *node) bool {
	switch k.Type {
	case Bool:
		return n.kind == kindBool
	case Int:
		return n.kind == kindInt || n.kind == kindFloat && n.float == math.Trunc(n.float)
	case Number:
		return n.kind == kindInt || n.kind == kindFloat
	case String:
		return n.kind == kindString && (len(k.Enum) == 0 || slices.Contains(k.Enum, n.text))
	case Strings:
		return n.kind == kindString ||
			n.kind == kindList && !slices.ContainsFunc(n.list, func(e *node) bool { return e.kind != kindString })
	case List:
		return n.kind == kindList
	case Map:
		return n.kind == kindMap || n.kind == kindBool
	default:
		return true
	}
}

// harmless says that n asks for nothing: it is the default, or empty.
func (k *foreignKey) harmless(n *node) bool {
	switch n.kind {
	case kindNull:
		return true
	case kindList:
		return len(n.list) == 0
	case kindMap:
		return len(n.fields) == 0
	case kindBool:
		return k.Default == "true" && n.bool || k.Default == "false" && !n.bool
	case kindInt, kindFloat:
		d := plain(k.Default)
		return (d.kind == kindInt || d.kind == kindFloat) && d.float == n.float
	default:
		return n.text == k.Default
	}
}

// Reasons that several keys share.
const (
	noCache    = "there is no dataset cache to manage"
	textOnly   = "only text operators are built so far"
	noAnalyze  = "analysis is not built yet"
	noTrace    = "every dropped row is noted in the run folder; `corpusmill explain` shows it"
	shared     = "operators always share their analysis of a row, and run in the recipe's order"
	resumes    = "every run can be resumed by the same command"
	runFolder  = "logs and reports are in the run folder, beside the export path"
	noModels   = "no operator loads models or installs packages while it runs"
	noLoader   = "files are read by their own readers, which have no such options"
	noSampling = "sampling is not built yet"
	splits     = "split_size and split_count say how work is cut; the result doesn't depend on it"
)

func foreign(name string, t KeyType, def, why string) foreignKey {
	return foreignKey{Key: Key{Name: name, Type: t, Default: def, Doc: why}}
}

func oneOf(k foreignKey, values ...string) foreignKey {
	k.Enum = values
	return k
}

func refuse(k foreignKey, todo string) foreignKey {
	k.refuse, k.Refused = todo, true
	return k
}

var foreignKeys = []foreignKey{
	foreign("auto_op_parallelism", Bool, "true", "the steps of a stage run in one task, which needs no balance between them"),
	foreign("override_num_blocks", Int, "", splits),
	foreign("read_options", Map, "", noLoader),
	foreign("use_dag", Bool, "", "the plan is always made; `corpusmill plan` shows it"),
	foreign("strict_preflight", Bool, "true", "the recipe is always checked"),
	foreign("job_id", String, "", resumes),
	foreign("resume", String, "", resumes),
	foreign("use_checkpoint", Bool, "false", resumes),
	foreign("checkpoint", Map, "", resumes),
	foreign("checkpoint_dir", String, "", resumes),
	foreign("partition", Map, "", splits),
	foreign("partition_size", Int, "", splits),
	foreign("partition_dir", String, "", splits),

	foreign("event_log_dir", String, "", runFolder),
	foreign("event_logging", Map, "", runFolder),
	foreign("debug", Bool, "false", "there is no debug log"),
	foreign("temp_dir", String, "", "intermediate files are in the run folder, beside the export path"),

	foreign("use_cache", Bool, "true", noCache),
	foreign("ds_cache_dir", String, "", noCache),
	foreign("cache_compress", String, "", noCache),

	foreign("open_tracer", Bool, "false", noTrace),
	foreign("op_list_to_trace", Strings, "", noTrace),
	foreign("trace_num", Int, "10", noTrace),
	foreign("trace_keys", Strings, "", noTrace),
	foreign("open_insight_mining", Bool, "false", "insight mining is not built yet"),
	foreign("op_list_to_mine", Strings, "", "insight mining is not built yet"),

	foreign("op_fusion", Bool, "false", shared),
	oneOf(foreign("fusion_strategy", String, "probe", shared), "greedy", "probe"),
	foreign("mapper_fusion", Bool, "true", shared),
	foreign("mapper_fusion_vram_limit", Number, "0.9", shared),
	foreign("adaptive_batch_size", Bool, "false", "batches are sized in bytes"),
	foreign("elastic_juicer_adaptive_batching", Bool, "false", "batches are sized in bytes"),
	foreign("elastic_juicer_profile_seed", Bool, "false", "batches are sized in bytes"),
	foreign("turbo", Bool, "false", "there is no slow path to avoid"),

	foreign("export_in_parallel", Bool, "false", "a single file is written in order by all workers always"),
	foreign("export_extra_args", Map, "", "writers have no such options"),
	foreign("keep_hashes_in_res_ds", Bool, "false", "hashes of deduplicators are not written into rows"),
	refuse(foreign("encrypt_before_export", Bool, "false", "the result would be plain text"), "set it to false, and encrypt the result by other means"),
	refuse(foreign("decrypt_after_reading", Bool, "false", "encrypted input would be read as it is"), "decrypt the input beforehand and set it to false"),
	foreign("encryption_key_path", String, "", "encryption is not built yet"),

	foreign("load_jsonl_lenient", Bool, "false", "a line that is no JSON object is always quarantined alone"),
	foreign("load_dataset_kwargs", Map, "", noLoader),
	refuse(foreign("generated_dataset_config", Map, "", "the dataset would be another one"), "give dataset_path"),
	foreign("validators", List, "", "validators are not built yet"),
	foreign("data_probe_algo", String, "uniform", noSampling),
	foreign("data_probe_ratio", Number, "1.0", noSampling),

	foreign("image_key", String, "images", textOnly),
	foreign("image_bytes_key", String, "image_bytes", textOnly),
	foreign("image_special_token", String, "<__dj__image>", textOnly),
	foreign("audio_key", String, "audios", textOnly),
	foreign("audio_special_token", String, "<__dj__audio>", textOnly),
	foreign("video_key", String, "videos", textOnly),
	foreign("video_special_token", String, "<__dj__video>", textOnly),
	foreign("eoc_special_token", String, "<|__dj__eoc|>", textOnly),

	foreign("percentiles", List, "", noAnalyze),
	foreign("export_original_dataset", Bool, "false", noAnalyze),
	foreign("save_stats_in_one_file", Bool, "false", noAnalyze),
	refuse(foreign("auto", Bool, "false", "an analysis would choose the steps"), "set it to false and give the steps in process"),
	foreign("auto_num", Int, "1000", noAnalyze),
	foreign("hpo_config", String, "", "the search for parameters is not built yet"),

	foreign("custom_operator_paths", Strings, "", "operators in Python are not built yet"),
	foreign("custom-operator-paths", Strings, "", "operators in Python are not built yet"),
	foreign("min_common_dep_num_to_combine", Int, "-1", noModels),
	oneOf(foreign("conflict_resolve_strategy", String, "split", noModels), "split", "overwrite", "latest"),
}
