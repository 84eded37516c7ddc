// Package doctor tells whether a run would work on an engine, before there is
// one. A probe runs on each machine that would get tasks, as their program
// would, and tells what it finds: Facts. Who asks keeps a Post in the shared
// folder, where the probes look for it; machines that meet in an object store
// alone need no such folder. Check judges all that and says of each
// fault where it is and how to mend it.
package doctor

import (
	"context"
	"time"
)

// Request is what a probe is asked. It reaches the machine as JSON, in an
// argument of the program.
type Request struct {
	// Name is the probe's own among all; "" for one made of the host's.
	Name string `json:"name,omitempty"`
	// Shared is the folder that all machines have to share, and Folder the one
	// in it where the Post is; "" where they need none.
	Shared string `json:"shared"`
	Folder string `json:"folder"`
	// Nonce is the Post's own; "" for that of whichever Post is kept there.
	Nonce string `json:"nonce,omitempty"`
	// Store is the place in an object store that the run's files would go to,
	// where the probe makes some; "" for none.
	Store string `json:"store,omitempty"`
	// Start is how long a machine may take to begin, in seconds; the backend's
	// part.
	Start float64 `json:"start"`
	// Appear is how long the Post may take to appear, and Patience how long
	// each thing that is waited for after that may take, in seconds.
	Appear   float64 `json:"appear"`
	Patience float64 `json:"patience"`
	// Inputs are files of the recipe's dataset that the machine has to have.
	Inputs []File `json:"inputs,omitempty"`
	// Tied ends the probe when its standard input ends.
	Tied bool `json:"tied,omitempty"`
}

// Limit is how long a probe takes at most, once it runs.
func (r Request) Limit() time.Duration {
	return seconds(r.Appear+4*r.Patience) + 10*time.Second + 2*storeTime
}

// StartLimit is Start.
func (r Request) StartLimit() time.Duration { return seconds(r.Start) }

// File is an input.
type File struct {
	Path string `json:"path"`
	Size int64  `json:"size"`          // in bytes
	Tag  string `json:"tag,omitempty"` // of an object
	Err  string `json:"err,omitempty"` // why it can't be read
}

// Facts are what a probe found on its machine. Of numbers 0 is unknown.
type Facts struct {
	ID   string `json:"id"` // another for each probe
	Host string `json:"host"`
	User int    `json:"uid"`
	// Build is the version of the program, Program the SHA-256 of its file.
	Build    string `json:"build"`
	Program  string `json:"program,omitempty"`
	Platform string `json:"platform"` // "linux-amd64"
	// Features are the instruction sets beyond the platform's least that
	// bear on this program's speed.
	Features  []string `json:"features,omitempty"`
	CPUs      int      `json:"cpus"`
	GPUs      int      `json:"gpus"`       // NVIDIA devices that the process can open
	Memory    int64    `json:"memory"`     // in bytes, within the control group's bound
	Available int64    `json:"available"`  // bytes of it that are free now
	OpenFiles uint64   `json:"open_files"` // that a process may have
	Temp      Disk     `json:"temp"`       // the folder for temporary files
	Shared    Disk     `json:"shared"`
	Sight     Sight    `json:"sight"`
	Store     *Reach   `json:"store,omitempty"` // nil when none was asked for
	// Inputs are those of the request that the machine doesn't have, or not so.
	Inputs []File `json:"inputs,omitempty"`
	// Ahead is how far the machine's clock is ahead of the clock of who asked,
	// at most. Behind, the other bound, is known by who asked.
	Ahead *float64 `json:"ahead,omitempty"` // seconds
}

// Disk is a folder's file system.
type Disk struct {
	Path   string `json:"path"`
	Type   string `json:"type,omitempty"` // "nfs"
	Free   int64  `json:"free"`           // bytes for this user
	Size   int64  `json:"size"`
	Inodes int64  `json:"inodes"` // files that may still be made; -1 where there is no bound
	Err    string `json:"err,omitempty"`
}

// Trouble is what keeps a machine from meeting the others in the shared folder.
type Trouble string

const (
	Absent     Trouble = "absent"     // there is no such path
	Apart      Trouble = "apart"      // there is one, and it is another folder
	Unreadable Trouble = "unreadable" // the Post can't be read
	Stale      Trouble = "stale"      // what is replaced stays as it was
	Unwritable Trouble = "unwritable"
	Unseen     Trouble = "unseen" // what the machine writes isn't seen by who asked
)

// Sight is what a machine saw of the shared folder.
type Sight struct {
	Trouble Trouble `json:"trouble,omitempty"`
	Err     string  `json:"err,omitempty"` // the system's
	// Delay is the time until it saw the Post, and Answered that until the
	// answer to what it wrote was there, in seconds.
	Delay    float64 `json:"delay"`
	Answered float64 `json:"answered"`
	// Reads is how often it read a file while this was being replaced, Missing
	// and Torn how often there was none, or not a whole one.
	Reads   int `json:"reads"`
	Missing int `json:"missing"`
	Torn    int `json:"torn"`
}

// Prober is a backend that can run probes.
type Prober interface {
	// Probe runs a probe on each machine that the backend would give tasks to.
	// A machine where that fails is an Answer with Err. Its own error is that
	// of the engine, or ctx's. When it returns, none of its probes is alive.
	Probe(ctx context.Context, r Request) ([]Answer, error)
}

// Answer is what came of a probe on a machine.
type Answer struct {
	Node  string `json:"node"` // as the engine calls it
	Facts *Facts `json:"facts,omitempty"`
	Err   string `json:"err,omitempty"` // why there are no Facts
	// Waits says that nothing is known against the machine: its turn didn't come.
	Waits bool `json:"waits,omitempty"`
	// Versions are those of the packages that serve the engine there, "python"
	// among them.
	Versions map[string]string `json:"versions,omitempty"`
	// CPUs and GPUs are what the engine offers of the machine.
	CPUs float64 `json:"engine_cpus,omitempty"`
	GPUs float64 `json:"engine_gpus,omitempty"`
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
