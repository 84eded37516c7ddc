package main

import (
	"fmt"
	"os"

	"corpusmill/backend/dask"
	"corpusmill/backend/local"
	"corpusmill/backend/ranks"
	"corpusmill/backend/ray"
	"corpusmill/backend/shim"
	"corpusmill/backend/slurm"
	"corpusmill/backend/spark"
	"corpusmill/models"
	"corpusmill/plan"
	"corpusmill/recipe"
	"corpusmill/storage"
)

// caps are what the recipe's engine can do.
func caps(r *recipe.Recipe) plan.Caps {
	return map[string]plan.Caps{
		"processes": local.ProcessCaps, "ranks": ranks.Caps, "slurm": slurm.Caps,
		"ray": ray.Caps, "dask": dask.Caps, "spark": spark.Caps,
	}[r.Backend]
}

// withoutRay has a recipe run on this machine that would run on Ray because of
// its executor_type, where there is none.
func (e *env) withoutRay(r *recipe.Recipe) {
	if r.Backend != "ray" || !r.Implied || r.RayAddress != "" || ray.Present(r.Python, e.getenv) {
		return
	}
	r.Backend = "local"
	r.Notes = append(r.Notes, recipe.Problem{Pos: recipe.Pos{File: r.File}, Severity: recipe.SeverityNote,
		Msg: "executor_type is ray, and there is no Ray here: the run is local", Hint: "install ray, or set ray_address; --backend local is without this note"})
}

// advice is what works on the recipe's engine in a way that its author may not
// expect. found are the inputs, used the paths of the models.
func (e *env) advice(r *recipe.Recipe, found []storage.File, used []string) []recipe.Problem {
	own := []string{os.TempDir(), "/tmp", "/var/tmp", "/dev/shm"}
	if cache, err := models.OwnFolder(); err == nil {
		own = append(own, cache)
	}
	out := r.Advice(caps(r), recipe.Ground{Files: found, Models: used, Own: own})
	least := int(shim.LeastSilence.Seconds())
	switch r.Backend {
	case "ray", "dask", "spark":
		if r.WorkerTimeout > 0 && r.WorkerTimeout < least {
			out = append(out, recipe.Problem{Pos: recipe.Pos{File: r.File}, Severity: recipe.SeverityNote,
				Msg: fmt.Sprintf("worker_timeout is %d: on %s it is %d, since signs of life come every five seconds", r.WorkerTimeout, caps(r).Engine, least)})
		}
	}
	return out
}

// planAdvice is advice on a recipe whose plan is made.
func (e *env) planAdvice(r *recipe.Recipe, p *plan.Plan) []recipe.Problem {
	var used []string
	for _, m := range p.Models {
		if m.Path != "" {
			used = append(used, m.Path)
		}
	}
	return e.advice(r, p.OwnInputs(), used)
}
