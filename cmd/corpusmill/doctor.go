package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"corpusmill/backend/local"
	"corpusmill/backend/slurm"
	"corpusmill/doctor"
	"corpusmill/plan"
	"corpusmill/recipe"
	"corpusmill/storage/object"
)

// unfit is a doctor's verdict, which the report tells.
type unfit struct{ errors int }

func (u unfit) Error() string {
	if u.errors == 1 {
		return "not fit: 1 error"
	}
	return fmt.Sprintf("not fit: %d errors", u.errors)
}

// How long a doctor waits, in seconds, unless --wait says otherwise.
const (
	doctorStart    = 60 // for a machine to begin
	doctorPatience = 10 // for something in the shared folder to be seen
)

// doctorInputs is the most files of a dataset that each machine looks for.
const doctorInputs = 16

// diagnosis is a doctor's work.
type diagnosis struct {
	*env
	f       *flags
	r       *recipe.Recipe
	request doctor.Request
	report  doctor.Report
}

func doctorCommand(e *env, args []string) error {
	f, err := takeFlags(args, []string{"json", "quiet", "q"}, []string{"config", "folder", "wait", "rank", "world_size"})
	if err != nil {
		return err
	}
	f.set["quiet"] = f.set["quiet"] || f.set["q"]
	d := &diagnosis{env: e, f: f}
	if err := d.begin(); err != nil {
		return err
	}
	switch {
	case d.r.Backend == "ray" && strings.Contains(d.r.RayAddress, "://"):
		return d.asJob()
	case d.r.Backend == "ranks":
		return d.byRanks()
	}
	if err := d.examine(); err != nil {
		return err
	}
	return d.conclude()
}

// begin reads the recipe, or makes one that only says where to run, and finds
// where its files would go and the inputs.
func (d *diagnosis) begin() (err error) {
	folder := d.f.values["folder"]
	over, rest, err := recipe.ParseArgs(d.f.rest)
	if err != nil {
		return err
	}
	given := len(rest) > 0 || d.f.values["config"] != ""
	for _, o := range over {
		given = given || o.Key == "dataset_path" || o.Key == "export_path"
	}
	if given && object.In(folder) {
		return usageError{"--folder is a folder of this machine where a recipe is given: its export_path is the place in a store"}
	}
	if !given {
		d.f.rest = append(d.f.rest, "--dataset_path="+os.DevNull, "--export_path="+object.Join(cmp.Or(folder, "."), "doctor.jsonl"))
	}
	if d.r, err = d.load(d.f); err != nil {
		return err
	}
	start := float64(doctorStart)
	if w := d.f.values["wait"]; w != "" {
		if start, err = strconv.ParseFloat(w, 64); err != nil || !(start > 0 && start <= 86400) {
			return usageError{fmt.Sprintf("--wait is %q, which is no number of seconds up to a day", w)}
		}
	}
	d.request = doctor.Request{Start: start, Appear: doctorPatience, Patience: doctorPatience}
	d.report = doctor.Report{Backend: d.r.Backend, Nodes: []doctor.Node{}, Findings: []doctor.Finding{}}
	if err := d.places(); err != nil {
		return err
	}
	if given {
		d.findInputs()
	}
	return nil
}

// places finds where a run's files would go: the folder that all machines have
// to share, unless they meet in the store.
func (d *diagnosis) places() (err error) {
	job := d.r.Job(nil)
	folder := d.f.values["folder"]
	given := folder != "" && !object.In(folder)
	switch {
	case given:
	case object.In(job.Output.Path):
		if folder, _, err = runFolder(job.Output, d.r.WorkDir); err != nil {
			return err
		}
	default:
		folder = filepath.Dir(strings.TrimRight(d.r.Export.Path, "/"))
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return err
	}
	for !given && folder != filepath.Dir(folder) && !isDir(folder) {
		// A run makes it.
		folder = filepath.Dir(folder)
	}
	d.report.Here = doctor.Here(buildVersion().String(), folder)
	if given || job.Shared == "" {
		d.request.Shared, d.report.Shared = folder, folder
	}
	if object.In(job.Output.Path) {
		d.report.Store = job.Output.Path
		d.request.Store = object.Join(plan.RunFolder(job.Output.Path), "doctor")
		d.report.Spool, d.report.Alone = job.Output.Shard, job.Output.Layout == plan.SingleFile
	}
	return nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// findInputs has the machines look for the recipe's dataset.
func (d *diagnosis) findInputs() {
	found, err := find(d.ctx, d.r)
	if err != nil {
		d.report.Add(doctor.NoInputs(err))
		return
	}
	for i, f := range found.Files {
		if f.Size < 0 {
			continue // it is no file
		}
		d.report.Input += f.Size
		path, err := f.Path, error(nil)
		if !object.In(path) {
			path, err = filepath.Abs(path)
		}
		if err == nil && i < doctorInputs {
			d.request.Inputs = append(d.request.Inputs, doctor.File{Path: path, Size: f.Size, Tag: f.Tag})
		}
	}
	if d.report.Alone {
		d.report.Spool = max(recipe.Unpacked(found.Files), 0)
	}
}

// keep keeps a Post in the shared folder; nil when that can't be.
func (d *diagnosis) keep(folder string) *doctor.Post {
	post, err := doctor.Keep(folder, d.request.Inputs, time.Now)
	if err != nil {
		d.report.Add(doctor.Finding{Level: doctor.Error, Check: "storage", What: fmt.Sprintf("%s can't be written here (%v)", d.request.Shared, err),
			Mend: fmt.Sprintf("give uid %d the right to write it, or choose another by export_path (here --folder)", os.Getuid())})
		return nil
	}
	d.request.Folder = folder
	return post
}

// examine has probes run on all machines, and judges.
func (d *diagnosis) examine() (err error) {
	d.reach()
	if !d.preflight() {
		return d.ctx.Err()
	}
	var post *doctor.Post
	if d.request.Nonce = rand.Text(); d.request.Shared == "" {
		d.writable(d.report.Here.Shared.Path)
	} else {
		post = d.keep(filepath.Join(d.request.Shared, fmt.Sprintf(".corpusmill-doctor-%d-%x", os.Getpid(), time.Now().UnixNano())))
		if post == nil {
			return nil
		}
		defer func() {
			if e := post.Close(); err == nil {
				err = e
			}
		}()
		d.request.Nonce = post.Nonce
	}
	answers, err := d.probe(post)
	d.tidy()
	if d.ctx.Err() != nil {
		return context.Cause(d.ctx)
	}
	if err != nil {
		d.report.Add(doctor.Connect(d.r.Backend, err))
		return nil
	}
	d.judge(answers, post)
	return nil
}

// judge makes the report of what the machines answered.
func (d *diagnosis) judge(answers []doctor.Answer, post *doctor.Post) {
	for _, a := range answers {
		d.report.Nodes = append(d.report.Nodes, doctor.NewNode(a, post))
	}
	d.report.Check()
}

// preflight looks at what an engine needs on this machine, and says whether
// there is any use in connecting.
func (d *diagnosis) preflight() bool {
	engine, ok := doctor.EngineOf(d.r.Backend)
	if !ok {
		return true
	}
	address := map[string]string{"ray": d.r.RayAddress, "dask": d.r.DaskAddress, "spark": d.r.SparkAddress}[d.r.Backend]
	if d.r.Backend == "ray" && address == "" {
		if address = d.getenv("RAY_ADDRESS"); address == "auto" || address == "local" {
			address = ""
		}
	}
	p, found := engine.Look(d.ctx, d.r.Python, address)
	d.report.Versions = p.Versions
	d.report.Engine = strings.TrimSpace(engine.Name + " " + p.Versions[engine.Package])
	if p.Address != "" {
		d.report.Engine += " at " + p.Address
	}
	d.report.Add(found...)
	return len(found) == 0 && d.ctx.Err() == nil
}

// probe connects, has the probes run, and disconnects.
func (d *diagnosis) probe(post *doctor.Post) (answers []doctor.Answer, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := []string{self, "worker"}
	switch d.r.Backend {
	case "local", "processes":
		return (&local.Processes{Command: command}).Probe(d.ctx, d.request)
	case "slurm":
		return (&slurm.Prober{Command: command, Options: d.r.SlurmOptions, Post: post}).Probe(d.ctx, d.request)
	}
	b, err := d.backend(d.r, &plan.Plan{}, clock(), d.note)
	if err != nil {
		return nil, err
	}
	prober, ok := b.(doctor.Prober)
	if !ok {
		return nil, fmt.Errorf("the doctor doesn't know backend %s", d.r.Backend)
	}
	if err := b.Open(d.ctx, cmp.Or(d.request.Folder, d.request.Store, d.report.Store), 1); err != nil {
		return nil, err
	}
	defer func() {
		if e := b.Close(); err == nil {
			err = e
		}
	}()
	return prober.Probe(d.ctx, d.request)
}

func (d *diagnosis) note(format string, args ...any) {
	if !d.f.set["quiet"] {
		fmt.Fprintf(d.stderr, "note: "+format+"\n", args...)
	}
}

// conclude prints the report and turns it into the exit code.
func (d *diagnosis) conclude() error {
	r := &d.report
	r.Add()
	switch {
	case d.f.set["json"]:
		enc := json.NewEncoder(d.stdout)
		enc.SetIndent("", "  ")
		if err := enc.Encode(r); err != nil {
			return err
		}
	case !d.f.set["quiet"]:
		writeDiagnosis(d.stdout, r)
	}
	if r.Fit {
		return nil
	}
	n := 0
	for _, f := range r.Findings {
		if f.Level == doctor.Error {
			n++
		}
	}
	return unfit{n}
}
