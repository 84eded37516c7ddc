package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"corpusmill/backend/ray"
	"corpusmill/backend/shim"
	"corpusmill/recipe"
	"corpusmill/storage/object"
)

// rayJob runs the command as a job on the head of a Ray cluster, by its
// dashboard, and prints what it says.
func (e *env) rayJob(f *flags, r *recipe.Recipe) error {
	c, err := e.rayCluster(r.RayAddress)
	if err != nil {
		return err
	}
	j, err := newRayJob(f, r)
	if err != nil {
		return err
	}
	err = c.Run(e.ctx, j, e.stdout)
	if exit := (*ray.Exit)(nil); errors.As(err, &exit) && exit.Code > 0 {
		return followed{exit.Code, fmt.Sprintf("the job on Ray ended with exit code %d, as it says above", exit.Code)}
	}
	return err
}

// rayCluster is the cluster whose dashboard is at a URL.
func (e *env) rayCluster(url string) (*ray.Cluster, error) {
	token, err := ray.Token(e.getenv)
	return &ray.Cluster{URL: url, Token: token}, err
}

// newRayJob is the command as a job.
func newRayJob(f *flags, r *recipe.Recipe) (j *ray.Job, err error) {
	j = &ray.Job{Recipe: []byte("{}"), Env: map[string]string{}}
	if r.File != "" {
		if j.Recipe, err = os.ReadFile(r.File); err != nil {
			return nil, err
		}
	}
	if j.Programs, err = shim.Programs(); err != nil {
		return nil, err
	}
	if j.Dir, err = os.Getwd(); err != nil {
		return nil, err
	}
	over, _, err := recipe.ParseArgs(f.rest)
	if err != nil {
		return nil, err
	}
	elsewhere := []string{"backend", "ray_address"}
	for _, o := range over {
		if !slices.Contains(elsewhere, o.Key) {
			j.Args = append(j.Args, "--"+o.Key+"="+o.Value)
		}
	}
	j.Args = append(j.Args, "--backend=ray", "--ray_address=auto")
	for _, name := range []string{"json", "restart", "quiet"} {
		if f.set[name] {
			j.Args = append(j.Args, "--"+name)
		}
	}
	for name, value := range object.Environment() {
		// What a job gets shows on the dashboard.
		if !strings.Contains(name, "KEY") && !strings.Contains(name, "TOKEN") {
			j.Env[name] = value
		}
	}
	for _, v := range os.Environ() {
		name, value, _ := strings.Cut(v, "=")
		key, own := strings.CutPrefix(name, "CORPUSMILL_")
		if !own {
			key, own = strings.CutPrefix(name, "DJ_PROCESS_")
		}
		if own && !slices.Contains(elsewhere, strings.ToLower(key)) {
			j.Env[name] = value
		}
	}
	return j, nil
}
