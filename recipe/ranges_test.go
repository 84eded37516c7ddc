package recipe_test

import (
	"testing"

	"corpusmill/plan"
)

// TestRangeMemory bounds what tasks take that compare keys: by the memory of
// the machine, and by task_memory where the recipe has it.
func TestRangeMemory(t *testing.T) {
	for _, x := range []struct {
		args       string
		task, most int64
	}{
		{"--np=2", 0, 1e9},
		{"--np=2 --memory=64GiB", 0, 1 << 30},
		{"--np=8 --memory=1GiB", 0, 16 << 20},
		{"--np=2 --backend=ranks", 8 * plan.DefaultTaskMemory, 1e9},
		{"--np=64 --backend=ray", 8 * plan.DefaultTaskMemory, 512 << 20},
		{"--np=2 --task_memory=5MiB", 5 << 20, 0},
		{"--backend=slurm --task_memory=5MiB", 5 << 20, 0},
	} {
		j := ofArgs(t, x.args).Job(nil)
		if j.TaskMemory != x.task || j.RangeMemory != x.most {
			t.Errorf("%s: %d bytes a task, up to %d; want %d and %d", x.args, j.TaskMemory, j.RangeMemory, x.task, x.most)
		}
	}
}
