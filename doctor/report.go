package doctor

import (
	"fmt"
	"slices"
	"strings"
)

// Report is what is known, and what follows from it.
type Report struct {
	Fit     bool   `json:"fit"` // no finding is an error
	Backend string `json:"backend"`
	// Engine describes it, as far as it was reached: "Ray 2.60.0 at HOST:PORT".
	Engine string `json:"engine,omitempty"`
	// Shared is the folder that all machines have to share; "" where they need
	// none, and Here.Shared is that of the run's own files.
	Shared string `json:"shared"`
	// Store is where the run's files would go in an object store; "" for none.
	Store string `json:"store,omitempty"`
	Here  Facts  `json:"here"` // this machine
	// Versions are those of the packages here that serve the engine.
	Versions map[string]string `json:"versions,omitempty"`
	Nodes    []Node            `json:"nodes"`
	Findings []Finding         `json:"findings"`

	// Input is the size of the dataset as stored, in bytes; 0 when no recipe
	// was given.
	Input int64 `json:"input_bytes,omitempty"`
	// Spool is how large the files of the result may be, which a machine writes
	// to its folder for temporary files before they go to the store, in bytes;
	// 0 when that isn't known. Alone says that there is only one.
	Spool int64 `json:"spool_bytes,omitempty"`
	Alone bool  `json:"spool_alone,omitempty"`
}

// Node is a machine that would get tasks.
type Node struct {
	Answer
	// Clock are bounds for how far its clock is ahead of this machine's, in
	// seconds; nil when nothing is known.
	Clock *[2]float64 `json:"clock,omitempty"`
	// Torn is how often a file of the machine wasn't whole when it was read
	// here.
	Torn int `json:"torn,omitempty"`
}

// Level is how bad a finding is.
type Level string

const (
	Error   Level = "error"   // runs fail
	Warning Level = "warning" // runs may fail, or be slow
)

// Finding is a fault.
type Finding struct {
	Level Level  `json:"level"`
	Check string `json:"check"` // what was looked at: "storage"
	// Where are machines as the engine calls them; none for the engine or this
	// machine.
	Where []string `json:"where,omitempty"`
	What  string   `json:"what"`
	Mend  string   `json:"mend"`
}

// shown is how many machines a finding's line names.
const shown = 4

// String is the finding in one line.
func (f Finding) String() string {
	where := ""
	switch n := len(f.Where); {
	case n > shown:
		where = fmt.Sprintf(" on %s and %d more", strings.Join(f.Where[:shown], ", "), n-shown)
	case n > 0:
		where = " on " + strings.Join(f.Where, ", ")
	}
	return fmt.Sprintf("%s%s: %s. Mend: %s", f.Check, where, f.What, f.Mend)
}

// NewNode joins a probe's answer with what the Post knows of it.
func NewNode(a Answer, p *Post) Node {
	n := Node{Answer: a}
	if a.Facts == nil || p == nil {
		return n
	}
	if m, ok := p.Met(a.Facts.ID); ok {
		n.Torn = m.Torn
		if a.Facts.Ahead != nil {
			n.Clock = &[2]float64{m.Behind, *a.Facts.Ahead}
		}
	}
	return n
}

// Add adds findings; of those that differ by the machine alone it makes one.
func (r *Report) Add(findings ...Finding) {
	for _, f := range findings {
		same := slices.IndexFunc(r.Findings, func(o Finding) bool {
			return len(f.Where) > 0 && len(o.Where) > 0 && o.Level == f.Level && o.Check == f.Check && o.What == f.What && o.Mend == f.Mend
		})
		if same < 0 {
			r.Findings = append(r.Findings, f)
			continue
		}
		r.Findings[same].Where = append(r.Findings[same].Where, f.Where...)
	}
	r.Fit = !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Level == Error })
}
