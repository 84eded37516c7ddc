// Package runs is what can be known of a run, and done to it, from outside
// its process. All of it is in files of the run folder, so that it serves any
// machine that has the folder and outlives the processes. Each file has one
// writer: run.json is written by who starts the run, driver.json and
// progress.json by the process that drives it. A registry in the user's own
// folder tells where the runs are.
package runs

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Suffix follows the path of a result in the name of its run folder.
const Suffix = ".run"

// Names of files in the run folder.
const (
	runName      = "run.json"
	driverName   = "driver.json"
	progressName = "progress.json"
	logName      = "log"
	lockName     = "starting"
)

// Place says what carries the driver of a run.
type Place string

const (
	// Terminal is a process that somebody waits for.
	Terminal Place = "terminal"
	// Detached is a process of its own session, on the machine of who started it.
	Detached Place = "detached"
	// SlurmJob is a batch job.
	SlurmJob Place = "slurm"
	// RayJob is a job on the head of a Ray cluster.
	RayJob Place = "ray"
)

// Run is how a run was started the last time.
type Run struct {
	ID     string `json:"id"`
	Folder string `json:"folder"` // the run folder, an absolute path
	// Away is the path of a result that the folder doesn't lie beside.
	Away string `json:"output,omitempty"`
	// Try counts the starts: what the driver writes belongs to one of them.
	Try int `json:"try"`
	// Command are the program's arguments, given in the folder Dir, and Env are
	// the variables that are settings of the recipe.
	Command []string          `json:"command"`
	Dir     string            `json:"dir"`
	Env     map[string]string `json:"env,omitempty"`
	// Restart drops what an interrupted run has done; a resumed run doesn't.
	Restart bool   `json:"restart,omitempty"`
	Backend string `json:"backend"`
	Place   Place  `json:"place"`
	// Job is the job's name in Slurm, or its ID on Ray, whose dashboard is at
	// Address. Options were given to sbatch, and Tasks is how many ranks the job
	// has, 0 when its process is the driver.
	Job     string    `json:"job,omitempty"`
	Address string    `json:"address,omitempty"`
	Options []string  `json:"options,omitempty"`
	Tasks   int       `json:"tasks,omitempty"`
	Host    string    `json:"host"`
	Started time.Time `json:"started"`
	// LogFrom is where in the log this run begins, in bytes. Runs that were
	// continued have one beginning.
	LogFrom int64 `json:"log_from,omitempty"`
	// Bound says why the run can't be started again by its command alone; "" when it can.
	Bound string `json:"bound,omitempty"`
}

// Driver is the process that drives a run.
type Driver struct {
	Try int `json:"try"`
	Process
	Since time.Time `json:"since"`
	// Begun is set once all is checked, and tasks may start.
	Begun bool `json:"begun"`
	End   *End `json:"end,omitempty"`
}

// End is how a driver ended.
type End struct {
	At    time.Time `json:"at"`
	State State     `json:"state"` // Done, Failed or Cancelled
	Exit  int       `json:"exit"`
	Error string    `json:"error,omitempty"`
}

// Progress is how far a run is, as its driver last told.
type Progress struct {
	Try     int       `json:"try"`
	At      time.Time `json:"at"`
	Seconds float64   `json:"seconds"` // since the driver began
	Stage   int       `json:"stage"`   // from 1
	Stages  int       `json:"stages"`
	Name    string    `json:"stage_name"`
	// Bytes of uncompressed input that all stages have read, and Total that they
	// will read; 0 when that isn't known.
	Bytes int64 `json:"bytes"`
	Total int64 `json:"total_bytes,omitempty"`
	Rows  int64 `json:"rows"`
	Kept  int64 `json:"kept"` // of them, not dropped so far
	// Rates since the driver began, and the time left at the rate of bytes.
	RowsPerSecond  float64 `json:"rows_per_second"`
	BytesPerSecond float64 `json:"bytes_per_second"`
	SecondsLeft    float64 `json:"seconds_left,omitempty"`
	Tasks          int64   `json:"tasks"`      // handed out and not done
	Lost           int64   `json:"tasks_lost"` // and started again
}

// Share is the part of the bytes that is done, of 1.
func (p *Progress) Share() float64 {
	if p.Total <= 0 {
		return 0
	}
	return min(float64(p.Bytes)/float64(p.Total), 1)
}

// Args are the program's arguments.
func (r *Run) Args() []string {
	if r.Restart {
		return append(slices.Clip(r.Command), "--restart")
	}
	return r.Command
}

// Output is the path of the run's result.
func (r *Run) Output() string {
	if r.Away != "" {
		return r.Away
	}
	return strings.TrimSuffix(r.Folder, Suffix)
}

// Log is the path of what a run's driver prints.
func Log(folder string) string { return filepath.Join(folder, logName) }

// letters are those of IDs: none that looks like another.
var letters = base32.NewEncoding("abcdefghijkmnpqrstuvwxyz23456789").WithPadding(base32.NoPadding)

const (
	idLength  = 6  // of an ID as it is shown
	keyLength = 16 // of the name of a registry's entry, which begins with the ID
)

// ID is the ID of runs in a folder, an absolute path: the same from every
// machine, and for every run that has this place.
func ID(folder string) string { return key(folder)[:idLength] }

func key(folder string) string {
	sum := sha256.Sum256([]byte(filepath.Clean(folder)))
	return letters.EncodeToString(sum[:])[:keyLength]
}

// Read reads run.json. The error is fs.ErrNotExist when there is none.
func Read(folder string) (*Run, error) {
	r := &Run{}
	return r, readJSON(filepath.Join(folder, runName), r)
}

// Write writes run.json.
func (r *Run) Write() error { return writeJSON(filepath.Join(r.Folder, runName), r, true) }

// ReadDriver reads driver.json, of the try; nil when there is none.
func ReadDriver(folder string, try int) (*Driver, error) {
	d := &Driver{}
	err := readJSON(filepath.Join(folder, driverName), d)
	if missing(err) || err == nil && d.Try != try {
		return nil, nil
	}
	return d, err
}

// Write writes driver.json.
func (d *Driver) Write(folder string) error {
	return writeJSON(filepath.Join(folder, driverName), d, true)
}

// Finish writes driver.json with the end of the run. On a full disk, which
// may be what has ended it, it takes the room of progress.json.
func (d *Driver) Finish(folder string) error {
	err := d.Write(folder)
	if !errors.Is(err, syscall.ENOSPC) {
		return err
	}
	path := filepath.Join(folder, progressName)
	last, readErr := os.ReadFile(path)
	if err := os.Remove(path); err != nil {
		return err
	}
	err = d.Write(folder)
	if readErr == nil {
		_ = replace(path, last, false) // it tells less than the end does
	}
	return err
}

// readProgress reads progress.json, of the try; nil when there is none.
func readProgress(folder string, try int) (*Progress, error) {
	p := &Progress{}
	err := readJSON(filepath.Join(folder, progressName), p)
	if missing(err) || err == nil && p.Try != try {
		return nil, nil
	}
	return p, err
}

// Write writes progress.json. It may be lost in a power failure.
func (p *Progress) Write(folder string) error {
	return writeJSON(filepath.Join(folder, progressName), p, false)
}

func readJSON(path string, v any) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("%s isn't as it was written (%w): remove it; it only tells of a run, whose work is elsewhere", path, err)
	}
	return nil
}

// writeJSON puts a whole file in the place of another: nobody reads half.
func writeJSON(path string, v any, sync bool) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	return replace(path, b.Bytes(), sync)
}

// replace leaves nothing more behind than one file that the next time takes,
// however it ends: a file here has one writer.
func replace(path string, content []byte, sync bool) error {
	temp := path + ".tmp"
	f, err := os.Create(temp)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil && sync {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		os.Remove(temp)
	}
	return err
}

// missing says whether a file isn't there, also when what should be its
// folder is a file.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}
