package main

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"corpusmill/doctor"
)

// writeDiagnosis prints what was found, and then what is wrong.
func writeDiagnosis(w io.Writer, r *doctor.Report) {
	fmt.Fprintf(w, "program  corpusmill %s, %s\n", r.Here.Build, r.Here.Platform)
	backend := r.Backend
	if r.Engine != "" {
		backend += ", " + r.Engine
	}
	if v := r.Versions["python"]; v != "" {
		backend += ", Python " + v
	}
	fmt.Fprintf(w, "backend  %s\n", backend)
	name, shared := "shared", r.Here.Shared.Path
	if r.Shared == "" {
		name = "own"
		fmt.Fprintln(w, "shared   none is needed: machines meet in the store")
	}
	if r.Here.Shared.Type != "" {
		shared += ", " + r.Here.Shared.Type
	}
	if r.Here.Shared.Err == "" {
		shared += ", " + doctor.Bytes(r.Here.Shared.Free) + " free"
	}
	fmt.Fprintf(w, "%-8s %s\n", name, shared)
	if r.Store != "" {
		fmt.Fprintf(w, "store    %s, %s\n", r.Store, reached(r.Here.Store))
	}
	if r.Input > 0 {
		fmt.Fprintf(w, "input    %s\n", doctor.Bytes(r.Input))
	}
	if len(r.Nodes) > 0 {
		fmt.Fprintln(w)
		writeNodes(w, r)
	}
	fmt.Fprintln(w)
	for _, f := range r.Findings {
		fmt.Fprintf(w, "%-8s %s\n", f.Level, f)
	}
	if r.Fit {
		fmt.Fprintln(w, "fit")
	}
}

func writeNodes(w io.Writer, r *doctor.Report) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	store := ""
	if r.Store != "" {
		store = "store\t"
	}
	fmt.Fprintf(t, "machine\tplatform\tCPUs\tGPUs\tmemory\ttemporary\tfiles\tshared\t%sclock\n", store)
	for _, n := range r.Nodes {
		f := n.Facts
		if f == nil {
			fmt.Fprintf(t, "%s\tno answer\n", n.Node)
			continue
		}
		shared := "seen after " + milliseconds(max(f.Sight.Delay, f.Sight.Answered))
		switch {
		case r.Shared == "":
			shared = "-"
		case f.Sight.Trouble != "":
			shared = string(f.Sight.Trouble)
		}
		if store != "" {
			store = reached(f.Store) + "\t"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s free\t%d\t%s\t%s%s\n", n.Node, platform(f), offered(n.CPUs, f.CPUs), offered(n.GPUs, f.GPUs), doctor.Bytes(f.Memory), doctor.Bytes(f.Temp.Free), f.OpenFiles, shared, store, clockOf(n))
	}
	t.Flush() // to a writer whose errors come up at the end
}

func platform(f *doctor.Facts) string {
	if len(f.Features) == 0 {
		return f.Platform
	}
	return f.Platform + " " + strings.Join(f.Features, "+")
}

// offered is what the engine has of a machine, where that isn't all.
func offered(engine float64, machine int) string {
	if engine == 0 || engine == float64(machine) {
		return fmt.Sprint(machine)
	}
	return fmt.Sprintf("%g of %d", engine, machine)
}

// reached is what came of a machine's look at the store.
func reached(r *doctor.Reach) string {
	switch {
	case r == nil:
		return "not tried"
	case r.Failed != "":
		return string(r.Failed) + " fails"
	}
	return "works, " + milliseconds(r.Seconds)
}

func milliseconds(seconds float64) string { return fmt.Sprintf("%.0f ms", seconds*1000) }

// clockOf is how far a clock is off, as well as that is known.
func clockOf(n doctor.Node) string {
	if n.Clock == nil {
		return "unknown"
	}
	least, most := n.Clock[0], n.Clock[1]
	return fmt.Sprintf("%+.2f ± %.2f s", (least+most)/2, math.Abs(most-least)/2)
}
