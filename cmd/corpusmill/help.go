package main

import (
	"fmt"
	"strings"

	"corpusmill/recipe"
)

// help is what a command says of itself beyond its usage line.
func help(c command) string {
	switch c.name {
	case "process":
		return c.summary + `

  --config RECIPE      the recipe, YAML or JSON
  --restart            drop an interrupted run instead of continuing it
  --json               print the report as JSON
  -q, --quiet          print nothing but errors
  --rank N, --world-size N   which copy of how many this is, with --backend ranks, where no
                       launcher tells it by RANK and WORLD_SIZE or its own variables
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
	case "check", "plan":
		return c.summary + `

  --json               print it as JSON
  --KEY VALUE, --OP.PARAM VALUE   as in process`
	case "worker":
		return c.summary + `

  worker FOLDER        tasks come on standard input, events go to standard output, both JSON Lines
  worker --session FILE --name NAME --np N
                       take tasks from the session that the file tells of, N at once, until it is
                       over; what jobs of --backend slurm run`
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
