package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"corpusmill/exec"
)

// shownWorkers are the most workers that report prints one by one.
const shownWorkers = 20

// reportCommand prints the report of a finished run again, with what it took.
func reportCommand(e *env, args []string) error {
	f, err := takeFlags(args, []string{"json"}, nil)
	if err != nil {
		return err
	}
	if len(f.rest) != 1 {
		return usageError{"report needs the output of a run"}
	}
	run, err := e.finished(f.rest[0])
	if err != nil {
		return err
	}
	r, err := run.Report()
	if err != nil {
		return err
	}
	if f.set["json"] {
		enc := json.NewEncoder(e.stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	}
	var nanos int64
	if r.Resources != nil {
		nanos = int64(1e9 * r.Resources.Seconds)
	}
	writeReport(e.stdout, r, run.Folder, nanos)
	if r.Resources != nil {
		fmt.Fprintln(e.stdout)
		writeResources(e.stdout, r.Resources)
	}
	return nil
}

// writeResources prints tables of what stages, steps and workers took.
func writeResources(w io.Writer, r *exec.ResourceReport) {
	table := func(head string, rows func(row func(cells ...any))) {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintf(t, "%s\n", head)
		rows(func(cells ...any) {
			for _, c := range cells {
				fmt.Fprintf(t, "%v\t", c)
			}
			fmt.Fprintln(t)
		})
		t.Flush()
	}
	table("stage\ttime\tprocesses\ttasks\tCPU time\tCPU used\tmemory\tat most\tGPU\t", func(row func(...any)) {
		for _, s := range r.Stages {
			row(s.Stage, inSeconds(s.Seconds), thousands(int64(s.Processes)), thousands(s.Tasks), inSeconds(s.CPUSeconds), used(s.Utilization), megabytes(s.MemoryMean), megabytes(s.MemoryMax), used(s.GPU))
		}
	})
	fmt.Fprintln(w)
	table("step\tCPU time\tof all\ttime\trows\trows/s\t", func(row func(...any)) {
		for _, s := range r.Steps {
			row(s.Label, inSeconds(s.CPUSeconds), used(s.Share), inSeconds(s.Seconds), thousands(s.Rows), some(int64(s.RowsPerSecond)))
		}
	})
	fmt.Fprintln(w)
	table("worker\tprocess\ttasks\tbusy\tCPU time\tCPU used\tmemory\tat most\tGPU\tits memory\t", func(row func(...any)) {
		for _, p := range r.Workers[:min(len(r.Workers), shownWorkers)] {
			var use float64
			var memory int64
			for _, g := range p.GPUs {
				use += g.UtilizationMean / float64(len(p.GPUs))
				memory += g.MemoryMax
			}
			row(p.Host, p.PID, thousands(p.Tasks), inSeconds(p.BusySeconds), inSeconds(p.CPUSeconds), used(p.Utilization), megabytes(p.MemoryMean), megabytes(p.MemoryMax), used(use), megabytes(memory))
		}
		d := r.Driver
		row(d.Host, fmt.Sprint(d.PID, ", driver"), "·", inSeconds(d.BusySeconds), inSeconds(d.CPUSeconds), used(d.Utilization), megabytes(d.MemoryMean), megabytes(d.MemoryMax), "·", "·")
	})
	if more := r.Processes - shownWorkers; more > 0 {
		fmt.Fprintf(w, "… and %s in report.json\n", counted(int64(more), "more worker"))
	}
}

// workersLine says in a line what the workers took.
func workersLine(r *exec.ResourceReport) string {
	hosts, most := map[string]bool{}, int64(0)
	for _, p := range r.Workers {
		hosts[p.Host] = true
		most = max(most, p.MemoryMax)
	}
	if r.Others != nil {
		most = max(most, r.Others.MemoryMax)
	}
	s := "1 process"
	if r.Processes != 1 {
		s = thousands(int64(r.Processes)) + " processes"
	}
	if len(hosts) > 1 {
		s += fmt.Sprintf(" on %d machines", len(hosts))
	}
	return fmt.Sprintf("%s, %s of CPU time, at most %s each", s, inSeconds(r.CPUSeconds), megabytes(most))
}

func inSeconds(s float64) string { return fmt.Sprintf("%.1f s", s) }

func used(share float64) string {
	if share == 0 {
		return "·"
	}
	return fmt.Sprintf("%.0f %%", 100*share)
}

func megabytes(n int64) string {
	if n == 0 {
		return "·"
	}
	return thousands(n/1e6) + " MB"
}
