package slurmray

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// adopt makes this process the parent of all its descendants whose parents
// end, so that it finds them.
func adopt() error {
	return os.NewSyscallError("prctl", unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
}

// process is a line of /proc/PID/stat.
type process struct {
	pid, parent int
	name        string
	zombie      bool
}

func processes() ([]process, error) {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	var all []process
	for _, path := range files {
		if raw, err := os.ReadFile(path); err == nil { // it may have ended
			all = append(all, parse(string(raw)))
		}
	}
	return all, nil
}

// parse reads "PID (NAME) STATE PARENT ...". A name may have parentheses.
func parse(stat string) (p process) {
	open, shut := strings.Index(stat, "("), strings.LastIndex(stat, ")")
	if open < 0 || shut < open {
		return p
	}
	var state string
	fmt.Sscan(stat[:open], &p.pid)
	fmt.Sscan(stat[shut+1:], &state, &p.parent)
	p.name, p.zombie = stat[open+1:shut], state == "Z"
	return p
}

// descendants are the processes that this one has started, and those that they
// have.
func descendants() ([]process, error) {
	all, err := processes()
	if err != nil {
		return nil, err
	}
	children := map[int][]process{}
	for _, p := range all {
		children[p.parent] = append(children[p.parent], p)
	}
	below := children[os.Getpid()]
	for i := 0; i < len(below); i++ {
		below = append(below, children[below[i].pid]...)
	}
	return below, nil
}

// descendantsNamed finds processes by their names. The first has to be there.
func descendantsNamed(names ...string) (map[string]int, error) {
	below, err := descendants()
	if err != nil {
		return nil, err
	}
	found := map[string]int{}
	for _, name := range names {
		for _, p := range below {
			if p.name == name && !p.zombie {
				found[name] = p.pid
			}
		}
	}
	if _, ok := found[names[0]]; !ok {
		return nil, fmt.Errorf("Ray has started without a %s", names[0])
	}
	return found, nil
}

func alive(pid int) bool {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !parse(string(raw)).zombie
}

// endTime is how long killed processes may take to be gone.
const endTime = 20 * time.Second

// endDescendants kills all descendants and waits until they are gone. None of
// this process's own waits for a child may be under way.
func endDescendants() error {
	const pause = 20 * time.Millisecond
	for range endTime / pause {
		below, err := descendants()
		if err != nil {
			return err
		}
		if len(below) == 0 {
			return nil
		}
		for _, p := range below {
			if err := syscall.Kill(p.pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("killing %s: %w", p.name, err)
			}
		}
		for {
			if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); err != nil || pid <= 0 {
				break
			}
		}
		time.Sleep(pause)
	}
	return fmt.Errorf("Ray's processes haven't ended %v after they were killed", endTime)
}

// endUsers kills this user's processes that have files of a folder open, and
// says which are still there. What they call themselves, and their environment,
// is up to them.
func endUsers(dir string) error {
	files, err := filepath.Glob("/proc/[0-9]*/fd")
	if err != nil {
		return err
	}
	var errs []error
	for _, fds := range files {
		var pid int
		if _, err := fmt.Sscanf(fds, "/proc/%d/fd", &pid); err != nil || pid == os.Getpid() || !hasOpen(fds, dir) {
			continue
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err == nil && alive(pid) {
			errs = append(errs, fmt.Errorf("process %d has files in %s", pid, dir))
		}
	}
	return errors.Join(errs...)
}

// hasOpen says whether one of a process's files is in a folder. Another user's
// can't be seen.
func hasOpen(fds, dir string) bool {
	links, _ := os.ReadDir(fds) // it may have ended
	for _, l := range links {
		if path, err := os.Readlink(filepath.Join(fds, l.Name())); err == nil && strings.HasPrefix(path, dir+"/") {
			return true
		}
	}
	return false
}
