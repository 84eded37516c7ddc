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
  --KEY VALUE          set a key of the recipe; these have an effect:
` + keyHelp() + `  --OP.PARAM VALUE     set a parameter of an operator, as in --text_length_filter.min_len 20

Exit codes: 0 done, 1 failure, 2 command line or recipe, 3 more rows quarantined than
--max_quarantined allows, 4 an interrupted run can't be continued, 5 the account or a
verification fails, 130 and 143 stopped by a signal.`
	case "check", "plan":
		return c.summary + `

  --json               print it as JSON
  --KEY VALUE, --OP.PARAM VALUE   as in process`
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
