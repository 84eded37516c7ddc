package slurm

import (
	"bytes"
	"context"
	"fmt"
	osexec "os/exec"
	"strconv"
	"strings"
	"time"
)

// callTime is how long one of Slurm's programs may take.
const callTime = time.Minute

// Call runs one of Slurm's programs and returns its standard output. An error
// has its standard error.
func Call(ctx context.Context, stdin, program string, args ...string) (string, error) {
	ctx, stop := context.WithTimeout(ctx, callTime)
	defer stop()
	c := osexec.CommandContext(ctx, program, args...)
	c.Stdin = strings.NewReader(stdin)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil {
		if ctx.Err() == context.DeadlineExceeded {
			return "", fmt.Errorf("%s timed out after %v", program, callTime)
		}
		if said := strings.TrimSpace(errs.String()); said != "" {
			return "", fmt.Errorf("%s: %s", program, said)
		}
		return "", fmt.Errorf("%s: %w", program, err)
	}
	return out.String(), nil
}

// own are the options of sbatch that are not the user's.
var own = []string{"--array", "-a", "--job-name", "-J", "--output", "-o", "--wrap", "--parsable", "--ntasks", "-n", "--input", "-i"}

// Reserved fails when the options have one that isn't the user's, such as
// --array or -a.
func Reserved(options, names []string) error {
	for _, o := range options {
		name, _, _ := strings.Cut(o, "=")
		for _, reserved := range names {
			if name == reserved || len(reserved) == 2 && strings.HasPrefix(o, reserved) {
				return fmt.Errorf("slurm_options can't have %s: it is set by the run", name)
			}
		}
	}
	return nil
}

// cpusOf finds how many CPUs the options ask for in a job, 1 by default.
func cpusOf(options []string) (int, error) {
	if err := Reserved(options, own); err != nil {
		return 0, err
	}
	cpus := 1
	for i, o := range options {
		name, value, given := strings.Cut(o, "=")
		switch {
		case name == "--cpus-per-task" && given:
		case (name == "--cpus-per-task" || name == "-c") && i+1 < len(options):
			value = options[i+1]
		case strings.HasPrefix(name, "-c"):
			value = name[2:]
		default:
			continue
		}
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 {
			return 0, fmt.Errorf("slurm_options: %s asks for %q CPUs", name, value)
		}
		cpus = n
	}
	return cpus, nil
}

// Script is a batch script whose process becomes the command.
func Script(command []string) string { return "#!/bin/sh\nexec" + quoted(command) + "\n" }

// quoted writes arguments for a shell, each behind a space.
func quoted(args []string) string {
	var b strings.Builder
	for _, a := range args {
		b.WriteString(" '" + strings.ReplaceAll(a, "'", `'\''`) + "'")
	}
	return b.String()
}
