package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"corpusmill/backend/ranks"
	"corpusmill/backend/ray"
	"corpusmill/doctor"
	"corpusmill/storage/object"
)

// asJob has the doctor run on the head of a Ray cluster, by its dashboard.
func (d *diagnosis) asJob() error {
	c, err := d.rayCluster(d.r.RayAddress)
	if err == nil {
		_, err = c.Version(d.ctx)
	}
	if err != nil {
		if d.ctx.Err() != nil {
			return context.Cause(d.ctx)
		}
		d.report.Engine = "Ray at " + d.r.RayAddress
		d.report.Add(doctor.Connect("dashboard", err))
		return d.conclude()
	}
	j, err := newRayJob(d.f, d.r)
	if err != nil {
		return err
	}
	j.Verb = "doctor"
	for _, name := range []string{"folder", "wait"} {
		if v := d.f.values[name]; v != "" && !object.In(v) { // a store is in export_path
			j.Args = append(j.Args, "--"+name+"="+v)
		}
	}
	err = c.Run(d.ctx, j, d.stdout)
	if exit := (*ray.Exit)(nil); errors.As(err, &exit) && exit.Code > 0 {
		return followed{exit.Code, "the doctor on the head of the cluster says what is wrong, above"}
	}
	return err
}

// byRanks is a doctor that is started as a run is, once for each rank. Rank 0
// reports for all.
func (d *diagnosis) byRanks() (err error) {
	place, err := ranks.Find(d.getenv, d.f.values["rank"], d.f.values["world_size"])
	if err != nil {
		return usageError{err.Error()}
	}
	folder := filepath.Join(d.request.Shared, ".corpusmill-doctor")
	if place.Rank > 0 {
		return d.asRank(place.Rank, folder)
	}
	if place.Size == 0 {
		return usageError{"how many ranks are there? The launcher doesn't say; give --world-size"}
	}
	d.reach()
	post := d.keep(folder)
	if post == nil {
		return d.conclude()
	}
	defer func() {
		if e := post.Close(); err == nil {
			err = e
		}
	}()
	d.request.Nonce = post.Nonce
	prober := &ranks.Prober{Size: place.Size, Post: post, Build: buildVersion().String(), Now: time.Now}
	answers, err := prober.Probe(d.ctx, d.request)
	d.tidy()
	if d.ctx.Err() != nil {
		return context.Cause(d.ctx)
	}
	if err != nil {
		d.report.Add(doctor.Connect("ranks", err))
	} else {
		d.judge(answers, post)
	}
	err = d.conclude()
	verdict := doctor.Verdict{}
	if err != nil {
		verdict = doctor.Verdict{Exit: failureCode(err), Message: err.Error()}
	}
	if e := post.Judge(d.ctx, ranks.ProbeName(0), verdict); err == nil {
		err = e
	}
	return err
}

// asRank does a rank's part: its own facts, and the verdict of rank 0.
func (d *diagnosis) asRank(rank int, folder string) error {
	r := d.request
	r.Name, r.Folder, r.Appear = ranks.ProbeName(rank), folder, r.Start
	p := &doctor.Probe{Build: buildVersion().String(), Now: time.Now}
	facts := p.Run(d.ctx, r)
	if d.ctx.Err() != nil {
		return context.Cause(d.ctx)
	}
	if facts.Sight.Trouble != "" {
		// Rank 0 may never learn of this.
		name := fmt.Sprintf("rank %d (%s)", rank, facts.Host)
		d.judge([]doctor.Answer{{Node: name, Facts: &facts}}, nil)
		return d.conclude()
	}
	v, err := p.Await(d.ctx, r.StartLimit()+r.Limit())
	switch {
	case d.ctx.Err() != nil:
		return context.Cause(d.ctx)
	case err != nil:
		return fmt.Errorf("rank 0 has left: %w", err)
	case v.Exit != 0:
		return followed{v.Exit, "rank 0: " + v.Message}
	}
	return nil
}

// serveProbe is the worker's side: it prints the facts of its machine.
func serveProbe(e *env, request string) error {
	var r doctor.Request
	if err := json.Unmarshal([]byte(request), &r); err != nil {
		return usageError{fmt.Sprintf("worker --probe needs a request in JSON: %v", err)}
	}
	ctx, leave := context.WithCancel(e.ctx)
	defer leave()
	if r.Tied {
		go func() {
			// It ends when whoever asked does.
			var b [64]byte
			for {
				if _, err := e.stdin.Read(b[:]); err != nil {
					leave()
					return
				}
			}
		}()
	}
	facts := (&doctor.Probe{Build: buildVersion().String(), Now: time.Now}).Run(ctx, r)
	return json.NewEncoder(e.stdout).Encode(facts)
}
