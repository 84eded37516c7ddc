package main

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"corpusmill/op"
)

func ops(e *env, args []string) error {
	f, err := takeFlags(args, []string{"json"}, nil)
	if err != nil {
		return err
	}
	names := op.Names()
	if len(f.rest) > 0 {
		names = f.rest
	}
	var specs []op.Spec
	for _, n := range names {
		s, ok := op.Lookup(n)
		if !ok {
			return usageError{fmt.Sprintf("there is no operator %q; corpusmill ops lists them", n)}
		}
		specs = append(specs, s)
	}
	if f.set["json"] {
		enc := json.NewEncoder(e.stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(specs)
	}
	t := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	for _, s := range specs {
		fmt.Fprintf(t, "%s\t%s\n", s.Name, s.Summary)
		if len(f.rest) == 0 {
			continue
		}
		for _, p := range s.Params {
			fmt.Fprintf(t, "  %s\t%s, default %s: %s\n", p.Name, p.Type, p.Default, p.Doc)
		}
	}
	return t.Flush()
}
