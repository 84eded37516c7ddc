package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"corpusmill/backend/dask"
	"corpusmill/backend/local"
	"corpusmill/backend/ray"
	"corpusmill/backend/shim"
	"corpusmill/backend/spark"
	"corpusmill/exec"
	"corpusmill/plan"
	"corpusmill/recipe"
)

// backend is what runs the recipe's tasks.
func (e *env) backend(r *recipe.Recipe, p *plan.Plan, now exec.Clock, logf func(string, ...any)) (exec.Backend, error) {
	var engine shim.Engine
	switch r.Backend {
	case "local":
		return &local.Goroutines{Clock: now}, nil
	case "processes":
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		return &local.Processes{Command: []string{self, "worker"}, Memory: r.Memory / int64(r.NP+1)}, nil
	case "ranks":
		if e.lead == nil {
			return nil, usageError{"--backend ranks is for corpusmill process"}
		}
		e.lead.Log(logf)
		return e.lead, nil
	case "slurm":
		return slurmBackend(r, now, logf)
	case "ray":
		if strings.Contains(r.RayAddress, "://") {
			return nil, usageError{"a job by the dashboard of Ray is for corpusmill process; give auto or HOST:PORT here"}
		}
		engine = ray.Engine(r.RayAddress)
	case "dask":
		engine = dask.Engine(r.DaskAddress)
	case "spark":
		engine = spark.Engine(r.SparkAddress)
	default:
		return nil, usageError{fmt.Sprintf("there is no backend %q", r.Backend)}
	}
	if r.WorkerTimeout > 0 {
		engine.Silence = max(time.Duration(r.WorkerTimeout)*time.Second, shim.LeastSilence)
	}
	b := &shim.Backend{Engine: engine, Python: r.Python, Needs: needs(r, p), Clock: now, Logf: logf}
	if r.NPGiven {
		b.Slots = r.NP
	}
	var err error
	b.Programs, err = shim.Programs()
	return b, err
}

// needs are what the stages of a plan ask of an engine. All steps of a stage
// run in the same tasks: their memory adds up, and the smallest num_proc
// holds. What takes long to open is opened once by those that run them.
func needs(r *recipe.Recipe, p *plan.Plan) []shim.Resources {
	byLabel := map[string]recipe.Needs{}
	for _, s := range r.Steps {
		byLabel[s.Label] = s.Needs
	}
	out := make([]shim.Resources, len(p.Stages))
	for i, stage := range p.Stages {
		steps := p.Steps[stage.From:stage.To]
		if stage.End == plan.EndKeys {
			steps = p.Steps[stage.From : stage.Dedup+1]
		}
		for _, s := range steps {
			n := byLabel[s.Label]
			o := &out[i]
			o.Accelerated = o.Accelerated || n.Accelerated
			o.Hold = o.Hold || n.Actor || len(s.Models) > 0
			o.CPUs = max(o.CPUs, n.CPUs)
			o.GPUs += n.GPUs
			o.Memory += n.Memory
			if tasks := int(n.NumProc); tasks > 0 && (o.Tasks == 0 || tasks < o.Tasks) {
				o.Tasks = tasks
			}
		}
	}
	return out
}
