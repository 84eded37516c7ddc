package ranks_test

import (
	"strings"
	"testing"

	"corpusmill/backend/ranks"
)

func TestFind(t *testing.T) {
	type env map[string]string
	for name, c := range map[string]struct {
		env        env
		rank, size string
		want       ranks.Place
		err        string
	}{
		"torchrun": {env: env{"RANK": "3", "WORLD_SIZE": "8", "LOCAL_WORLD_SIZE": "4", "TORCHELASTIC_RUN_ID": "x"},
			want: ranks.Place{Rank: 3, Size: 8, Local: 4, Job: "x"}},
		"torchrun without a name": {env: env{"RANK": "0", "TORCHELASTIC_RUN_ID": "none"}, want: ranks.Place{Local: 1}},
		"srun": {env: env{"SLURM_PROCID": "0", "SLURM_NTASKS": "2", "SLURM_JOB_ID": "77", "SLURM_STEP_ID": "1"},
			want: ranks.Place{Rank: 0, Size: 2, Local: 1, Job: "77.1"}},
		"mpirun in an allocation": {env: env{"OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "2", "SLURM_PROCID": "0", "SLURM_NTASKS": "1"},
			want: ranks.Place{Rank: 1, Size: 2, Local: 1}},
		"indexed Job": {env: env{"JOB_COMPLETION_INDEX": "2", "CORPUSMILL_JOB": "uid"},
			want: ranks.Place{Rank: 2, Local: 1, Job: "uid"}},
		"flags":                 {env: env{"RANK": "3", "WORLD_SIZE": "8"}, rank: "1", size: "2", want: ranks.Place{Rank: 1, Size: 2, Local: 1}},
		"a flag for the size":   {env: env{"RANK": "3"}, size: "4", want: ranks.Place{Rank: 3, Size: 4, Local: 1}},
		"nothing":               {err: "None of RANK, OMPI_COMM_WORLD_RANK"},
		"no number":             {env: env{"RANK": "one"}, err: `RANK is "one", which is no rank`},
		"negative":              {rank: "-1", err: `--rank is "-1"`},
		"no number of ranks":    {env: env{"RANK": "1", "WORLD_SIZE": "many"}, err: `WORLD_SIZE is "many"`},
		"more than there are":   {env: env{"RANK": "2", "WORLD_SIZE": "2"}, err: "RANK is 2, but WORLD_SIZE is 2: ranks go from 0 to 1"},
		"as many as there are ": {rank: "2", size: "2", err: "--rank is 2, but --world-size is 2"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ranks.Find(func(k string) string { return c.env[k] }, c.rank, c.size)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("the error is %v, want %q", err, c.err)
				}
				return
			}
			if err != nil || got != c.want {
				t.Errorf("got %+v, %v; want %+v", got, err, c.want)
			}
		})
	}
}
