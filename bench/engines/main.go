// Engines measures what an engine costs beside the same runs on this machine:
// how long a session takes to start, its first task, each further one, and a
// large input. The engine is up already, and the flags behind -- lead to it.
// See bench/README.md.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"corpusmill/bench/machine"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "engines:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	f := flag.NewFlagSet("engines", flag.ContinueOnError)
	m := measurement{env: os.Environ()}
	var size, enter string
	f.StringVar(&m.binary, "binary", "build/corpusmill", "corpusmill `program` to measure")
	f.StringVar(&size, "size", "1GB", "size of the large input; 0 for none")
	f.StringVar(&m.data, "data", "bench/data", "`folder` for inputs and results, which the engine's machines share")
	f.IntVar(&m.runs, "runs", 3, "runs of each; the shortest counts")
	f.IntVar(&m.tasks, "tasks", 1000, "number of empty tasks")
	f.IntVar(&m.ranks, "ranks", 0, "start so many copies of the command, with a rank each")
	f.StringVar(&enter, "enter", "", "`command` before corpusmill's, such as one that runs it in a network namespace")
	f.DurationVar(&m.timeout, "timeout", 10*time.Minute, "longest time of one run")
	if err := f.Parse(args); err != nil {
		return err
	}
	m.enter = strings.Fields(enter)
	if m.runs < 1 || m.tasks < 1 {
		return fmt.Errorf("-runs and -tasks: want at least 1")
	}
	for _, path := range []*string{&m.binary, &m.data} {
		var err error
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
	}
	if _, err := os.Stat(m.binary); err != nil {
		return fmt.Errorf("%w; make build makes it", err)
	}
	large, err := corpus(m.data, size)
	if err != nil {
		return err
	}
	before := machine.LoadAverage()
	here := m
	here.enter, here.ranks, here.flags = nil, 0, []string{"--backend", "local"}
	m.flags = f.Args()
	columns := []column{{name: "local", of: here}, {name: strings.Join(m.flags, " "), of: m}}
	for i := range columns {
		if columns[i].figures, err = columns[i].of.take(large); err != nil {
			return fmt.Errorf("%s: %w", columns[i].name, err)
		}
	}
	if columns[0].rows != columns[1].rows {
		return fmt.Errorf("the result of %q isn't that of this machine", columns[1].name)
	}
	print(os.Stdout, columns)
	fmt.Printf("\n%d runs of each, the shortest counts; load %s before, %s after; %s\n", m.runs, before, machine.LoadAverage(), machine.Describe().CPU)
	return nil
}

// corpus makes the large input, when it isn't there yet.
func corpus(dir, size string) (string, error) {
	if size == "0" {
		return "", nil
	}
	path := filepath.Join(dir, "corpus-1-"+size+".jsonl")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	make := exec.Command("go", "run", "./bench/corpus", "-size", size, "-seed", "1", "-o", path)
	make.Stderr = os.Stderr
	return path, make.Run()
}
