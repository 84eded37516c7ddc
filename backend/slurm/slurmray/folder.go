package slurmray

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"corpusmill/internal/filelock"
)

// folderPrefix begins the names of the folders that keepers have.
const folderPrefix = "cmray-"

// longestFolder is the longest path, in bytes, of a folder for Ray's files: the
// sockets below it are at session_DATE_TIME_MICROSECONDS_PID/sockets/plasma_store,
// and a socket's path has less than 108 bytes.
const longestFolder = 40

// folders are where keepers of a job have their folders on this node, the best
// first: one that Slurm removes with the job, however that ends; or else that
// for temporary files.
func folders(getenv func(string) string, job string) []string {
	var found []string
	add := func(dir string) {
		if info, err := os.Stat(dir); err == nil && info.IsDir() && filepath.IsAbs(dir) {
			found = append(found, filepath.Clean(dir))
		}
	}
	temp := os.TempDir()
	add(getenv("SLURM_TMPDIR"))
	// A longer one that isn't the job's own may be on a network file system.
	if len(temp) <= 20 || ofJob(temp, job) {
		add(temp)
	}
	return append(found, "/tmp")
}

// ofJob says whether a path has the number of the job in it.
func ofJob(path, job string) bool {
	return job != "" && regexp.MustCompile(`(^|\D)`+regexp.QuoteMeta(job)+`(\D|$)`).MatchString(path)
}

// folder is a keeper's folder on its node.
type folder struct {
	path string
	// short leads to the same folder by a path that isn't longer than
	// longestFolder, for as long as this process lives.
	short   string
	handle  *os.File // short goes by it; nil when it is path
	release func()
}

// newFolder makes a folder in base for a job's Ray, which nobody else can read.
func newFolder(base, job string) (*folder, error) {
	dir, err := os.MkdirTemp(base, folderPrefix+job+"-")
	if err != nil {
		return nil, err
	}
	d := &folder{path: dir, short: dir}
	if d.release, err = filelock.Take(d.lock()); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if len(dir) <= longestFolder {
		return d, nil
	}
	if d.handle, err = os.Open(dir); err == nil {
		d.short = fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), d.handle.Fd())
		_, err = os.Stat(filepath.Join(d.short, "lock"))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the path %s is too long for Ray's sockets: %w", dir, err), d.remove())
	}
	return d, nil
}

func (d *folder) lock() string { return filepath.Join(d.path, "lock") }

func (d *folder) remove() error {
	if d.handle != nil {
		d.handle.Close()
	}
	err := os.RemoveAll(d.path)
	d.release()
	return err
}

// sweepTime is how long what is left of Ray may go on writing to its folder.
const sweepTime = 10 * time.Second

// youngest is the age from which on a folder without a keeper counts as left:
// a keeper makes its folder before it locks it.
const youngest = 10 * time.Second

// sweep removes the folders in bases of keepers that were killed, and ends what
// they have left there. Those of other users stay. job is theirs, and none of it
// begins any more; "" is any, of which those that are young at the time now stay.
func sweep(bases []string, job string, now time.Time) error {
	var errs []error
	for _, base := range bases {
		pattern := folderPrefix + "*"
		if job != "" {
			pattern = folderPrefix + job + "-*"
		}
		locks, err := filepath.Glob(filepath.Join(base, pattern, "lock"))
		errs = append(errs, err)
		for _, lock := range locks {
			dir := filepath.Dir(lock)
			if info, err := os.Stat(lock); job == "" && (err != nil || now.Sub(info.ModTime()) < youngest) {
				continue
			}
			release, err := filelock.Take(lock)
			if err != nil {
				continue // its keeper is alive, or another user's
			}
			errs = append(errs, removeLeft(dir))
			release()
		}
	}
	return errors.Join(errs...)
}

// removeLeft removes a folder with the processes that have their files in it.
func removeLeft(dir string) error {
	const pause = 100 * time.Millisecond
	for waited := time.Duration(0); ; waited += pause {
		kill := endUsers(dir)
		err := os.RemoveAll(dir)
		if err == nil && kill == nil || waited >= sweepTime {
			return errors.Join(kill, err)
		}
		time.Sleep(pause)
	}
}

// SweepNode removes what keepers of a job that were killed have left on this
// node.
func SweepNode(getenv func(string) string, job string) error {
	if err := sweep(folders(getenv, job), job, time.Time{}); err != nil {
		return fmt.Errorf("node %s: %w", getenv("SLURMD_NODENAME"), err)
	}
	return nil
}
