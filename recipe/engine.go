package recipe

import (
	"fmt"
	"path/filepath"
	"time"

	"corpusmill/op"
	"corpusmill/plan"
	"corpusmill/storage"
)

// Refused is what the recipe asks for and its engine can't do: all of it, in
// order of place.
func (r *Recipe) Refused(c plan.Caps) Problems {
	var out []Problem
	fail := func(pos Pos, hint, format string, args ...any) {
		out = append(out, Problem{pos, SeverityError, fmt.Sprintf(format, args...), hint})
	}
	for _, in := range r.Inputs {
		if in.Path == "-" && c.Apart {
			fail(in.Pos, "use --backend local, or write the input to a file", "standard input can't be read by --backend %s, whose workers are other processes", r.Backend)
		}
	}
	if r.Export.Path == "-" && c.Remote {
		fail(r.Export.Pos, "export to a file in a folder that all machines share, or use --backend local", "with --backend %s the workers meet beside export_path, which standard output has no place for", r.Backend)
	}
	for _, s := range r.Steps {
		for _, ask := range s.Needs.asks() {
			if b, bounded := c.Most[ask.key]; bounded && ask.n > b.Most {
				most := "none"
				if b.Most > 0 {
					most = fmt.Sprintf("at most %g", b.Most)
				}
				fail(s.Needs.at(ask.key, s.Pos), b.Hint, "%s has %s: %s, and %s gives a task %s", s.Label, ask.key, ask.text(), c.Engine, most)
			}
		}
	}
	return sorted(out)
}

type ask struct {
	key string
	n   float64
}

func (a ask) text() string {
	if a.key == plan.AskMemory {
		return FormatSize(int64(a.n))
	}
	return fmt.Sprint(a.n)
}

func (n Needs) asks() []ask {
	return []ask{{plan.AskCPUs, n.CPUs}, {plan.AskGPUs, n.GPUs}, {plan.AskMemory, float64(n.Memory)}}
}

// at is where a parameter stands, or else the step.
func (n Needs) at(key string, step Pos) Pos {
	if pos, ok := n.places[key]; ok {
		return pos
	}
	return step
}

// Ground is what a run stands on, as it was found.
type Ground struct {
	Files  []storage.File // the inputs
	Models []string       // paths of model files
	// Own are folders that other machines have too, each its own: what lies
	// in one is seen here alone.
	Own []string
}

// expected is how fast a worker goes through a recipe, in bytes a second, where a
// note has to say what is worth an engine.
const expected = 50 << 20

// Advice is what works on the recipe's engine in a way that its author may not
// expect.
func (r *Recipe) Advice(c plan.Caps, g Ground) []Problem {
	if !c.Remote {
		return nil
	}
	var out []Problem
	note := func(pos Pos, hint, format string, args ...any) {
		out = append(out, Problem{pos, SeverityNote, fmt.Sprintf(format, args...), hint})
	}
	const share = "put it into one that all machines have at the same path"
	for _, in := range r.Inputs {
		if own := g.own(in.Path); own != "" {
			note(in.Pos, share, "the input %s lies in %s, which each machine may have for itself", in.Path, own)
		}
	}
	if own := g.own(r.Export.Path); own != "" {
		note(r.Export.Pos, share, "export_path lies in %s, which each machine may have for itself", own)
	}
	for _, m := range g.Models {
		if own := g.own(m); own != "" {
			note(Pos{File: r.File}, "put it into a folder that all machines share, and name that by models", "the model %s lies in %s, which each machine may have for itself", m, own)
		}
	}
	if !r.Export.Folder && r.Export.ShardSize == 0 && r.Export.Format == "jsonl" {
		note(r.Export.Pos, "a folder, a path without extension, gets shards that the workers write", "the rows of a single file all pass through this process")
	}
	size := storage.Stored(g.Files)
	here, begins := time.Duration(float64(size)/expected/float64(r.NP)*float64(time.Second)), c.Begins(r.stages())
	if here < begins {
		note(Pos{File: r.File}, "--backend local is sooner done", "%s takes about %s to begin, and the input, %.1f MB, is some %s of work for the %d workers of this machine",
			c.Engine, round(begins), float64(size)/1e6, round(here), r.NP)
	}
	return sorted(out)
}

// stages is about how many stages the plan has.
func (r *Recipe) stages() int {
	n := 1
	for _, s := range r.Steps {
		if spec, _ := op.Lookup(s.Name); spec.Kind == op.KindDeduplicator {
			n += 2
		}
	}
	return n
}

// own is the folder of one machine that a path lies in, or "".
func (g Ground) own(path string) string {
	path = absolute(path)
	for _, dir := range g.Own {
		if dir = filepath.Clean(dir); path == dir || within(path, dir) {
			return dir
		}
	}
	return ""
}

// round leaves as much of a time as an estimate tells.
func round(d time.Duration) time.Duration {
	if d < time.Second {
		return max(d.Round(100*time.Millisecond), 100*time.Millisecond)
	}
	return d.Round(time.Second)
}

// place notes where a parameter stands that asks for more than nothing.
func (n *Needs) place(f field, v float64) {
	if v <= 0 {
		return
	}
	if n.places == nil {
		n.places = map[string]Pos{}
	}
	n.places[f.key] = f.pos
}
