package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"corpusmill/backend/dask/dasktest"
	"corpusmill/backend/ray/raytest"
	"corpusmill/backend/slurm/slurmtest"
	"corpusmill/backend/spark/sparktest"
	"corpusmill/bench/machine"
	"corpusmill/storage/object/s3/s3test"
)

// build builds the program.
func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "corpusmill")
	c := exec.Command("go", "build", "-o", path, "corpusmill/cmd/corpusmill")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

// TestTake takes figures of a few tasks by two ranks, and holds them to what
// must be so on any machine.
func TestTake(t *testing.T) {
	dir := t.TempDir()
	input := filepath.Join(dir, "in.jsonl")
	if err := os.WriteFile(input, []byte(strings.Repeat(`{"text":"a row that is long enough to stay"}`+"\n", 1000)), 0o666); err != nil {
		t.Fatal(err)
	}
	here := measurement{binary: build(t), env: os.Environ(), flags: []string{"--backend", "local"}, data: dir, runs: 1, tasks: 20, timeout: time.Minute}
	ranks := here
	ranks.ranks, ranks.flags = 2, []string{"--backend", "ranks", "--np", "1"}
	columns := []column{{name: "local", of: here}, {name: "ranks", of: ranks}}
	for i := range columns {
		f, err := columns[i].of.take(input)
		if err != nil {
			t.Fatal(err)
		}
		if f.commit <= 0 || f.session <= 0 || f.large <= 0 || f.cpu <= 0 || f.workers <= 0 {
			t.Errorf("%s: %+v", columns[i].name, f)
		}
		columns[i].figures = f
	}
	if columns[0].rows != columns[1].rows {
		t.Error("the two have different results")
	}
	var table bytes.Buffer
	print(&table, columns)
	if n := strings.Count(table.String(), "\n"); n != 10 || !strings.Contains(table.String(), "| `local` | `ranks` |\n|---|---|---|\n") {
		t.Errorf("the table is\n%s", &table)
	}
	bad := here
	bad.flags = []string{"--backend", "none"}
	if _, err := bad.take(""); err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("a run that fails: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "engines-*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestFigures measures each engine on a cluster of its own, in network
// namespaces of this machine, and logs a table. It is for CORPUSMILL_FULL, on
// a machine that is quiet. CORPUSMILL_SIZE is the size of the large input,
// which lies in bench/data.
func TestFigures(t *testing.T) {
	if os.Getenv("CORPUSMILL_FULL") == "" {
		t.Skip("CORPUSMILL_FULL isn't set")
	}
	size := os.Getenv("CORPUSMILL_SIZE")
	if size == "" {
		size = "1GB"
	}
	binary := build(t)
	t.Chdir("../..") // for the folder of corpora, and the command that makes them
	large, err := corpus(filepath.Join("bench", "data"), size)
	if err != nil {
		t.Fatal(err)
	}
	if large, err = filepath.Abs(large); err != nil {
		t.Fatal(err)
	}
	base := measurement{binary: binary, flags: []string{"--backend", "local", "--np", "2"}, data: filepath.Dir(large), runs: 3, tasks: 1000, timeout: 10 * time.Minute}
	beside := func(t *testing.T, m measurement) {
		before := machine.LoadAverage()
		base.env, m.env = os.Environ(), os.Environ()
		columns := []column{{name: strings.Join(base.flags, " "), of: base}, {name: strings.Join(m.flags, " "), of: m}}
		for i := range columns {
			if columns[i].figures, err = columns[i].of.take(large); err != nil {
				t.Fatal(err)
			}
		}
		if columns[0].rows != columns[1].rows {
			t.Error("the two have different results")
		}
		var table bytes.Buffer
		print(&table, columns)
		t.Logf("%s, load %s before, %s after\n%s", size, before, machine.LoadAverage(), &table)
	}
	for _, e := range []struct {
		name  string
		start func(t *testing.T) measurement
	}{
		{"processes", func(*testing.T) measurement {
			m := base
			m.flags = []string{"--backend", "processes", "--np", "2"}
			return m
		}},
		{"ranks", func(*testing.T) measurement {
			m := base
			m.ranks, m.flags = 2, []string{"--backend", "ranks", "--np", "1"}
			return m
		}},
		{"slurm", func(t *testing.T) measurement {
			c := slurmtest.StartNodes(t, 2)
			m := base
			m.enter, m.flags = c.Command("env").Args, []string{"--backend", "slurm", "--np", "2"}
			return m
		}},
		{"dask", func(t *testing.T) measurement {
			c := dasktest.Start(t, 2, true)
			c.Setenv(t)
			m := base
			m.flags = []string{"--backend", "dask", "--dask_address", c.Address, "--python", c.Python}
			return m
		}},
		{"spark", func(t *testing.T) measurement {
			c := sparktest.Start(t, 2)
			m := base
			m.tasks = 200 // it takes its time to begin, and its tasks come in bundles
			m.flags = []string{"--backend", "spark", "--spark_address", c.Address, "--python", c.Python}
			return m
		}},
		{"store", func(t *testing.T) measurement {
			s := s3test.Start(t)
			m := base
			m.store = &store{s.Path("figures"), filepath.Join(s.Folder, s.Bucket, "figures")}
			if err := os.Mkdir(m.store.folder, 0o777); err != nil {
				t.Fatal(err)
			}
			return m
		}},
		{"ray_store", func(t *testing.T) measurement {
			c := raytest.Start(t, 2)
			c.Setenv(t)
			s := s3test.StartOn(t, c.Machines[0])
			s.Use(t, s.Endpoint)
			m := base
			m.store = &store{s.Path("figures"), filepath.Join(s.Folder, s.Bucket, "figures")}
			if err := os.Mkdir(m.store.folder, 0o777); err != nil {
				t.Fatal(err)
			}
			m.enter = c.Machines[0].Command("env").Args
			m.flags = []string{"--backend", "ray", "--ray_address", c.Address, "--python", filepath.Join(c.Bin, "python")}
			return m
		}},
		{"ray", func(t *testing.T) measurement {
			c := raytest.Start(t, 2)
			c.Setenv(t)
			m := base
			m.flags = []string{"--backend", "ray", "--ray_address", c.Address, "--python", c.Python}
			return m
		}},
	} {
		t.Run(e.name, func(t *testing.T) { beside(t, e.start(t)) })
	}
}
