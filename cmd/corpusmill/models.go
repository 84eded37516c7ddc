package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"corpusmill/models"
	"corpusmill/models/fetch"
	"corpusmill/op"
	"corpusmill/plan"
	"corpusmill/recipe"
)

func modelsCommand(e *env, args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "list":
			return listModels(e, args[1:])
		case "pull":
			return pullModels(e, args[1:])
		}
	}
	return usageError{"corpusmill models list, or corpusmill models pull NAME..."}
}

// modelFlags are takeFlags for commands that no recipe belongs to.
func modelFlags(args, alone, valued []string) (*flags, error) {
	f, err := takeFlags(args, append(alone, "json"), append(valued, "models"))
	if err != nil {
		return nil, err
	}
	for _, a := range f.rest {
		if strings.HasPrefix(a, "-") {
			return nil, usageError{fmt.Sprintf("there is no flag %s; corpusmill models --help lists them", a)}
		}
	}
	return f, nil
}

// givenFolders are those of --models, or else of the environment.
func (e *env) givenFolders(f *flags) []string {
	given, ok := f.values["models"]
	if !ok {
		given = e.getenv("CORPUSMILL_MODELS")
	}
	var out []string
	for _, dir := range filepath.SplitList(given) {
		if dir != "" {
			out = append(out, dir)
		}
	}
	return out
}

// modelFile is a model that is on this machine.
type modelFile struct {
	Name string `json:"name"`
	Path string `json:"path"`
	Size int64  `json:"size"`
	XXH3 string `json:"xxh3_128"`
	// Verified is how the file compares, with --verify.
	Verified verdict `json:"verified,omitempty"`
}

// verdict is what a file turned out to be.
type verdict string

const (
	asPublished verdict = "as published"
	asFetched   verdict = "as fetched"
	unrecorded  verdict = "nothing to compare with"
	otherFile   verdict = "another version than the published one"
	changedFile verdict = "CHANGED since it was fetched"
)

// modelRow is an entry of the catalogue with its files on this machine.
type modelRow struct {
	models.Entry
	Files []modelFile `json:"files"`
}

// modelList is what models list prints with --json.
type modelList struct {
	Folders []string   `json:"folders"` // in the order in which they are searched
	Models  []modelRow `json:"models"`
}

func listModels(e *env, args []string) error {
	f, err := modelFlags(args, []string{"verify"}, nil)
	if err != nil {
		return err
	}
	if len(f.rest) > 0 {
		return usageError{"models list takes no names"}
	}
	list := modelList{Folders: models.Folders(e.givenFolders(f), e.getenv)}
	var changed []string
	for _, entry := range models.Catalogue() {
		row := modelRow{Entry: entry, Files: []modelFile{}}
		found, err := presentModels(entry, list.Folders)
		if err != nil {
			return err
		}
		for _, path := range found {
			m, err := e.examine(path, f.set["verify"])
			if err != nil {
				return err
			}
			if m.Verified == changedFile {
				changed = append(changed, path)
			}
			row.Files = append(row.Files, m)
		}
		list.Models = append(list.Models, row)
	}
	if f.set["json"] {
		err = e.printJSON(list)
	} else {
		err = writeModels(e.stdout, list)
	}
	if err == nil && len(changed) > 0 {
		err = changedModels(changed)
	}
	return err
}

// changedModels are files that aren't what was fetched.
type changedModels []string

func (c changedModels) Error() string {
	return strings.Join(c, ", ") + ": changed since the file was fetched; corpusmill models pull --force NAME fetches it anew"
}

// presentModels are the paths of an entry's files that runs would use.
func presentModels(entry models.Entry, folders []string) ([]string, error) {
	var out []string
	seen := map[string]bool{}
	for _, dir := range folders {
		files, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, file := range files {
			name := file.Name()
			if !entry.Of(name) || seen[name] {
				continue
			}
			path, err := models.Find(name, []string{dir})
			if missing := (*models.NotFound)(nil); errors.As(err, &missing) {
				continue // a folder, or a link to nowhere
			}
			if err != nil {
				return nil, err
			}
			seen[name] = true
			out = append(out, path)
		}
	}
	return out, nil
}

// examine reads a model's file.
func (e *env) examine(path string, verify bool) (modelFile, error) {
	m := modelFile{Name: filepath.Base(path), Path: path}
	sum, err := models.SumOf(e.ctx, path)
	if err != nil {
		return m, err
	}
	m.Size, m.XXH3 = sum.Size, sum.XXH3
	if !verify {
		return m, nil
	}
	published, _ := models.Lookup(m.Name)
	switch record, err := models.ReadRecord(path); {
	case published.SHA256 == sum.SHA256:
		m.Verified = asPublished
	case err == nil && record.Sum == sum:
		m.Verified = asFetched
	case err == nil:
		m.Verified = changedFile
	case !errors.Is(err, fs.ErrNotExist):
		return m, err
	case published.SHA256 != "":
		m.Verified = otherFile
	default:
		m.Verified = unrecorded
	}
	return m, nil
}

// pulled is what models pull prints of a model with --json.
type pulled struct {
	Name          string `json:"name"`
	Path          string `json:"path"`
	Fetched       bool   `json:"fetched"` // false: it was there already
	*fetch.Result        // of a fetch
}

func pullModels(e *env, args []string) error {
	f, err := modelFlags(args, []string{"force", "quiet", "q"}, []string{"from", "mirror"})
	if err != nil {
		return err
	}
	requests, err := e.requests(f)
	if err != nil {
		return err
	}
	quiet := f.set["quiet"] || f.set["q"]
	folders := models.Folders(e.givenFolders(f), e.getenv)
	done := []pulled{}
	var failed error
	for _, r := range requests {
		if !f.set["force"] {
			path, err := models.Find(r.Name, append([]string{r.Folder}, folders...))
			if err == nil {
				if !quiet {
					fmt.Fprintf(e.stderr, "note: %s is there already: %s; --force fetches it anew\n", r.Name, path)
				}
				done = append(done, pulled{Name: r.Name, Path: path})
				continue
			}
			if missing := (*models.NotFound)(nil); !errors.As(err, &missing) {
				return err
			}
		}
		res, err := e.pull(r, quiet)
		if e.ctx.Err() != nil {
			return err
		}
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		done = append(done, pulled{r.Name, res.Path, true, &res})
		if !quiet && !f.set["json"] {
			writePulled(e.stdout, r, res)
		}
	}
	if f.set["json"] {
		failed = errors.Join(failed, e.printJSON(done))
	}
	return failed
}

// requests are what the command line of pull asks for.
func (e *env) requests(f *flags) ([]fetch.Request, error) {
	from, mirror := f.values["from"], f.values["mirror"]
	if mirror == "" {
		mirror = e.getenv("CORPUSMILL_MODELS_MIRROR")
	}
	switch {
	case len(f.rest) == 0:
		return nil, usageError{"models pull needs the name of a model; corpusmill models list has them"}
	case from != "" && len(f.rest) > 1:
		return nil, usageError{"--from is for one model: pull the others by themselves"}
	}
	var folder string
	if given := e.givenFolders(f); len(given) > 0 {
		folder = given[0]
	} else if own, err := models.OwnFolder(); err == nil {
		folder = own
	} else {
		return nil, fmt.Errorf("there is no folder for models: %w; name one with --models", err)
	}
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	var out []fetch.Request
	for _, name := range f.rest {
		entry, ok := models.Lookup(name)
		if !ok {
			hint := "corpusmill models list has them"
			if near := recipe.Nearest(name, models.Names()); near != "" {
				hint = "did you mean " + near + "?"
			}
			return nil, usageError{fmt.Sprintf("there is no model %q; %s", name, hint)}
		}
		r := fetch.Request{Name: name, Kind: entry.Kind, Folder: folder, From: entry.Sources, Size: entry.Size, SHA256: entry.SHA256}
		switch {
		case from != "":
			r.From, r.AnyVersion = []string{from}, true
		case mirror != "":
			r.From = []string{strings.TrimRight(mirror, "/") + "/" + name}
		}
		out = append(out, r)
	}
	return out, nil
}

// pull fetches one model and shows how far it is.
func (e *env) pull(r fetch.Request, quiet bool) (fetch.Result, error) {
	var show *line
	var t *transfer
	f := fetch.Fetcher{}
	if !quiet {
		t = &transfer{name: r.Name, now: clock(), terminal: isTerminal(e.stderr)}
		show = newLine(e.stderr, t.text)
		f.Report = t.report
		f.Logf = func(format string, args ...any) { show.note(fmt.Sprintf(format, args...)) }
	}
	res, err := f.Fetch(e.ctx, r)
	show.stop()
	if err != nil && e.ctx.Err() != nil {
		fmt.Fprintf(e.stderr, "stopped; what has come of %s is kept in %s: give the same command to go on\n", r.Name, r.Folder)
	}
	return res, err
}

// lacking is what steps need that isn't here: notes on their models, and on what
// serves in place of a file, or errors where the recipe refuses that. A step's
// first is told of; models that are found aren't opened, since that may take
// long, but for those of SentencePiece, after which another is asked for. used
// are the paths of those that are found.
func (e *env) lacking(r *recipe.Recipe) (notes []recipe.Problem, refused recipe.Problems, used []string) {
	folders := models.Folders(r.Models, e.getenv)
	found, stop := errors.New("found"), errors.New("refused")
	tables := (&plan.Plan{}).Env()
	tables.PinData = nil
	tables.FindModel = func(name string) (string, error) {
		path, err := models.Find(name, folders)
		if err == nil && !slices.Contains(used, path) {
			used = append(used, path)
		}
		if entry, _ := models.Lookup(name); err == nil && entry.Kind != models.SentencePiece {
			err = found
		}
		return path, err
	}
	for i, s := range r.Job(nil).Steps {
		say := func(msg string) recipe.Problem {
			return recipe.Problem{Pos: r.Steps[i].Pos, Severity: recipe.SeverityNote, Msg: s.Label + ": " + msg}
		}
		tables.TakeStandIn = func(in op.StandIn) error {
			if r.StrictCompat {
				p := say(plan.Refusal(in).Error())
				p.Severity = recipe.SeverityError
				refused = append(refused, p)
				return stop
			}
			notes = append(notes, say(plan.Substitution(in)))
			return nil
		}
		o, err := plan.Open(e.ctx, tables, s, r.TextKey)
		if missing := (*models.NotFound)(nil); errors.As(err, &missing) {
			notes = append(notes, say(missing.Error()))
		}
		if err == nil {
			o.Close()
		}
	}
	return notes, refused, used
}
