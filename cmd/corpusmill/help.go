package main

import (
	"fmt"
	"strings"

	"corpusmill/recipe"
)

// help is what a command says of itself beyond its usage line.
func help(c command) string {
	if text := runsHelp(c.name); text != "" {
		return c.summary + text
	}
	switch c.name {
	case "process":
		return c.summary + `

  --config RECIPE      the recipe, YAML or JSON
  --restart            drop an interrupted run instead of continuing it
  --json               print the report as JSON
  -q, --quiet          print nothing but errors
  --rank N, --world-size N   which copy of how many this is, with --backend ranks, where no
                       launcher tells it by RANK and WORLD_SIZE or its own variables. Without
                       --rank and a launcher this process starts the other copies
  --KEY VALUE          set a key of the recipe; these have an effect:
` + keyHelp() + `  --OP.PARAM VALUE     set a parameter of an operator, as in --text_length_filter.min_len 20

Exit codes: 0 done, 1 failure, 2 command line or recipe, 3 more rows quarantined than
--max_quarantined allows, 4 an interrupted run can't be continued, 5 the account or a
verification fails, 130 and 143 stopped by a signal.`
	case "dedup":
		return c.summary + `

  dedup index build INDEX --config RECIPE   make an index: a folder with the keys of all rows of the
                       recipe's dataset that reach its deduplicator, document_minhash_deduplicator
  dedup index add INDEX --config RECIPE     add those of another dataset; the steps up to the
                       deduplicator have to be the same
  dedup index info INDEX                    tell what an index holds

build and add take the flags of process, and a killed one is continued by the same command. Steps
behind the deduplicator and export_path have no effect. Of an index that is built or added to, the
old one serves until the new one is whole. In a recipe the deduplicator's parameter

  against: INDEX

has rows dropped that are duplicates of rows of the index. docs/guide/dedup.md tells more.`
	case "models":
		return c.summary + `

  models list          what there is to fetch, what is here, and where it is looked for
  --verify             read the files and compare them with what was published or fetched
  models pull NAME...  fetch models: lid.176.bin, en.sp.model, en.arpa.bin, ...
  --from URL|FILE      take it from there, and whatever version that is
  --mirror URL         take URL/NAME; also CORPUSMILL_MODELS_MIRROR
  --force              fetch what is here anew
  -q, --quiet          print nothing but errors

  --models FOLDERS     folders to look in first, separated as in PATH; also CORPUSMILL_MODELS.
                       pull puts models into the first, or into the user's cache
  --json               print it as JSON

An interrupted pull is continued by the same command. Exit codes are those of process: 5 when a
file isn't the one that was published or fetched.`
	case "resplit":
		return c.summary + `

  -o, --output FOLDER  gets files of the rows in their order, part-00000-of-00012.jsonl and so on
  --split_size SIZE    bytes of rows in a file. By default a quarter of what each worker would have,
                       from 1 MB to 128 MB
  --split_count N      about so many files; of compressed inputs and Parquet it is a guess, as
                       their rows are taken for four times as long as the file
  --format FORMAT      jsonl, which keeps the bytes of rows of JSON Lines, or another export_type
  --restart, --json, -q, --quiet, --KEY VALUE   as in process; --backend too

INPUT is a file, a folder or a pattern. It is a run of a recipe without steps: it is continued by
the same command, and what is no row is quarantined. Exit codes are those of process.`
	case "partition":
		return c.summary + `

  -o, --output FOLDER  gets a file of JSON Lines for each node, NAME_HOST.jsonl, with the rows in
                       their order: NAME is that of the one input, or of the folder
  --nodes N            among N nodes, node0 and so on
  --hosts A,B,C        among nodes with these names
  --by bytes|FIELD     what is to be equal: the bytes of the rows, which is the default, or the
                       sum of a field that has numbers from 0. A row without one counts as the
                       mean of the others
  --max_row SIZE       longest row, 16MiB; a longer one is an error
  --json               print what each node has as JSON
  -q, --quiet          print nothing but errors

INPUT is a file, a folder or a pattern, which is read twice. FOLDER appears when all of it is
there. --backend ranks needs no partitions: it hands out the work itself.`
	case "check", "plan":
		return c.summary + `

What the recipe's engine can't do is an error here, with its place in the recipe and what to do
instead; what works there otherwise than one may expect is a note.

  --json               print it as JSON
  --KEY VALUE, --OP.PARAM VALUE   as in process`
	case "doctor":
		return c.summary + `

  --backend NAME       local (default), processes, ranks, slurm, ray, dask or spark, with the keys
                       that say where it is: --ray_address, --dask_address, --spark_address,
                       --slurm_options, --python; or a recipe that has them:
  --config RECIPE      also see whether each machine has the dataset
  --folder DIR         the folder that all machines have to share; that of export_path by default.
                       Without a recipe it may be a place in a store, s3://BUCKET/FOLDER
  --wait SECONDS       how long a machine may take to begin (60)
  --rank N, --world-size N   as in process: each rank runs the doctor, rank 0 reports
  --json               print the report as JSON
  -q, --quiet          print nothing but errors

A probe runs on each machine that would get tasks, as their program would: what it is built of, the
engine's versions, the shared folder both ways, clock, disks, memory, CPUs, GPUs, open files. With
export_path in an object store each machine makes an object there, reads, lists and removes it, and
drops an upload; on Ray and Dask without work_dir no folder is looked for then. Nothing stays. Of each
fault a line says what it is, where, and how to mend it. Exit codes: 0 fit, perhaps with warnings;
1 not fit.`
	case "worker":
		return c.summary + `

  worker FOLDER        tasks come on standard input, events go to standard output, both JSON Lines
  worker --session FILE --name NAME --np N
                       take tasks from the session that the file tells of, N at once, until it is
                       over; what jobs of --backend slurm run
  worker --probe JSON  print the facts of this machine; what doctor runs on each`
	case "slurm":
		return c.summary + `: starts Ray on the nodes of the allocation, does the run with --backend ray, and ends Ray

  --nodes N            nodes of the job that is submitted (1); inside of an allocation all of its
                       nodes are taken
  process ...          the run and its flags; or resplit, dedup index build, dedup index add with
                       theirs. --python is the Python with ray on all nodes, --slurm_options are
                       for sbatch

The exit code is that of the run. docs/guide/engines.md tells more.`
	case "explain":
		return c.summary + `

  --row FILE:LINE      a row of the input, lines from 1; FILE:ROW for Parquet
  --json               print it as JSON

OUTPUT is the export_path of a finished run, whose folder OUTPUT.run is still there.`
	case "verify":
		return c.summary + `: the files' hashes, and for JSON Lines the rows' digest

  --json               print it as JSON`
	default:
		return c.summary + `

  --json               print it as JSON`
	}
}

func keyHelp() string {
	var b strings.Builder
	for _, k := range recipe.Keys() {
		if k.Built {
			fmt.Fprintf(&b, "      %-20s %s\n", k.Name, k.Doc)
		}
	}
	return b.String()
}
