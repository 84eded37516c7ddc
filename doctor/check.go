package doctor

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"corpusmill/storage/object"
)

// Bounds. Below the first of a pair runs fail, below the second they may.
const (
	skewed = 2.0 // seconds between clocks
	slow   = 5.0 // seconds until something in the shared folder is seen

	sharedLeast, sharedFew = 64 << 20, 1 << 30  // bytes free
	tempLeast, tempFew     = 256 << 20, 1 << 30 // the program itself goes there
	inodesFew              = 10_000
	memoryLeast, memoryFew = 128 << 20, 512 << 20 // bytes for each task
	filesLeast, filesFew   = 256, 4096            // that a process may have open
)

// Check judges the machines.
func (r *Report) Check() {
	r.Add()
	if len(r.Nodes) == 0 {
		r.Add(Finding{Error, "engine", nil, "it has no machine that takes tasks", "start its workers"})
	}
	if r.Shared != "" {
		r.Add(r.disk(nil, r.Here.Shared, "shared folder", sharedLeast, max(sharedFew, r.Input))...)
	} else {
		r.Add(r.disk(nil, r.Here.Shared, "folder for the run's own files", sharedLeast, sharedFew)...)
	}
	for _, n := range r.Nodes {
		where := []string{n.Node}
		if n.Facts == nil {
			r.Add(unanswered(n.Answer))
			continue
		}
		for _, check := range []func(Node, []string) []Finding{r.build, r.versions, r.storage, reached, r.inputs, clock, r.temp, room, processors} {
			r.Add(check(n, where)...)
		}
	}
}

// unanswered is a machine of which nothing is known but why.
func unanswered(a Answer) Finding {
	f := Finding{Error, "program", []string{a.Node}, a.Err, "see the engine's log of that machine"}
	for _, c := range []struct{ part, mend string }{
		{"no binary for", "build corpusmill for it and put the file beside this program"},
		{"Permission denied", "it may be that its folder for temporary files is mounted noexec: set TMPDIR for the engine's processes there"},
		{"Exec format error", "this program's file is for another platform: reinstall it"},
		{"No space left", "make room in its folder for temporary files"},
		{"doesn't see that folder", "mount the storage there at the same path, or have export_path (here --folder) lie on storage that all machines share"},
		{"not found", "install corpusmill there at the same path, or on the shared folder"},
		{"no answer within", "see whether the machine is alive and has a free CPU, or give it longer by --wait"},
		{"another corpusmill", "install the same build on all machines"},
	} {
		if strings.Contains(a.Err, c.part) {
			f.Mend = c.mend
			break
		}
	}
	if a.Waits {
		f.Level, f.Check, f.Mend = Warning, "engine", "it was not looked at: ask again when it is free, or give it longer by --wait"
	}
	return f
}

// build compares the programs.
func (r *Report) build(n Node, where []string) []Finding {
	switch {
	case n.Facts.Build != r.Here.Build:
		return []Finding{{Error, "program", where, fmt.Sprintf("corpusmill is %s there, and %s here", n.Facts.Build, r.Here.Build), "install the same build on all machines"}}
	case n.Facts.Platform == r.Here.Platform && n.Facts.Program != "" && r.Here.Program != "" && n.Facts.Program != r.Here.Program:
		return []Finding{{Warning, "program", where, "its file is another one than here, of the same version", "install the same file on all machines"}}
	}
	return nil
}

// versions compares the packages that serve the engine.
func (r *Report) versions(n Node, where []string) (out []Finding) {
	for _, name := range slices.Sorted(maps.Keys(n.Versions)) {
		here, there := r.Versions[name], n.Versions[name]
		switch {
		case here == "" || here == there:
		case name != "python":
			out = append(out, Finding{Error, "version", where, fmt.Sprintf("%s is %s there, and %s here", name, there, here), fmt.Sprintf("install %s %s here, or set CORPUSMILL_PYTHON to a Python that has it", name, there)})
		case minor(here) != minor(there):
			out = append(out, Finding{Error, "version", where, fmt.Sprintf("Python is %s there, and %s here", there, here), "set CORPUSMILL_PYTHON to a Python " + minor(there) + ": functions don't go from one to another"})
		}
	}
	return out
}

// minor is 3.11 of 3.11.7.
func minor(version string) string {
	parts := strings.SplitN(version, ".", 3)
	return strings.Join(parts[:min(2, len(parts))], ".")
}

// storage judges what a machine saw of the shared folder.
func (r *Report) storage(n Node, where []string) (out []Finding) {
	s, add := n.Facts.Sight, func(level Level, what, mend string) { out = append(out, Finding{level, "storage", where, what, mend}) }
	share := fmt.Sprintf("mount the storage of %s there at the same path, or have export_path (here --folder) lie on storage that all machines share", r.Shared)
	said := ""
	if s.Err != "" {
		said = " (" + s.Err + ")"
	}
	switch s.Trouble {
	case Absent:
		add(Error, fmt.Sprintf("there is no %s", r.Shared), share)
	case Apart:
		add(Error, fmt.Sprintf("%s is another folder than here%s: what this machine writes isn't there", r.Shared, on(n.Facts.Shared)), share)
	case Unreadable:
		add(Error, fmt.Sprintf("%s can't be read%s", r.Shared, said), fmt.Sprintf("give uid %d the right to read and write it", n.Facts.User))
	case Stale:
		add(Error, fmt.Sprintf("a file in %s that is replaced here stays as it was there%s", r.Shared, on(n.Facts.Shared)), "mount it so that who opens a file sees what was written before; object storage that is mounted as a folder is not enough: give its s3:// paths")
	case Unwritable:
		add(Error, fmt.Sprintf("%s can't be written%s", r.Shared, said), fmt.Sprintf("mount it for writing, and give uid %d the right", n.Facts.User))
	case Unseen:
		add(Error, fmt.Sprintf("what it writes in %s isn't seen here%s", r.Shared, on(n.Facts.Shared)), "mount it so that new files are seen at once: NFS with lookupcache=positive and actimeo=3")
	}
	if s.Missing > 0 && s.Missing < s.Reads || s.Torn > 0 || n.Torn > 0 {
		add(Error, fmt.Sprintf("a rename in %s isn't atomic%s: of %d reads of a file that was being replaced %d found none and %d half of it", r.Shared, on(n.Facts.Shared), s.Reads, s.Missing, s.Torn+n.Torn),
			"use a file system whose rename is: NFS, Lustre, GPFS, CPFS, CephFS; object storage that is mounted as a folder is not enough: give its s3:// paths")
	}
	if delay := max(s.Delay, s.Answered); s.Trouble == "" && delay > slow {
		add(Warning, fmt.Sprintf("it took %.0f s until a file in %s was seen", delay, r.Shared), "mount it with shorter caches (NFS: actimeo=3); by ranks and Slurm set worker_timeout to more than ten times that")
	}
	return out
}

func on(d Disk) string {
	if d.Type == "" {
		return ""
	}
	return ", of type " + d.Type
}

// inputs judges the files of the dataset.
func (r *Report) inputs(n Node, where []string) []Finding {
	if n.Facts.Sight.Trouble == Absent || len(n.Facts.Inputs) == 0 {
		return nil
	}
	f := n.Facts.Inputs[0]
	more := ""
	if rest := len(n.Facts.Inputs) - 1; rest > 0 {
		more = fmt.Sprintf(", nor %d more files of the dataset", rest)
	}
	mend := "have the dataset lie on storage that all machines share"
	if object.In(f.Path) {
		mend = mendReach(where, Read, f.Err)
	}
	return []Finding{{Error, "input", where, fmt.Sprintf("%s isn't there as it is here (%s)%s", f.Path, f.Err, more), mend}}
}

// clock judges how far a machine's clock is off at least.
func clock(n Node, where []string) []Finding {
	if n.Clock == nil {
		return nil
	}
	off := 0.0
	switch least, most := n.Clock[0], n.Clock[1]; {
	case least > skewed:
		off = least
	case most < -skewed:
		off = most
	default:
		return nil
	}
	way := "ahead of"
	if off < 0 {
		way = "behind"
	}
	return []Finding{{Warning, "clock", where, fmt.Sprintf("it is %.1f s %s this machine's", math.Abs(off), way),
		"set it by NTP (chronyc makestep): no row depends on it, but times in logs won't agree, and certificates and tickets may be refused"}}
}

// temp judges the folder for temporary files of a machine.
func (r *Report) temp(n Node, where []string) []Finding {
	found := r.disk(where, n.Facts.Temp, "folder for temporary files", tempLeast, tempFew)
	spool, how := r.Spool, "the result may have"
	if !r.Alone {
		tasks := cmp.Or(int64(n.CPUs), int64(n.Facts.CPUs), 1)
		spool, how = spool*tasks, fmt.Sprintf("the files of %d tasks may have", tasks)
	}
	if d := n.Facts.Temp; len(found) == 0 && d.Size > 0 && d.Free < spool {
		found = append(found, Finding{Warning, "disk", where,
			fmt.Sprintf("the folder for temporary files %s has %s free, and %s %s, which are written there before they go to the store", d.Path, Bytes(d.Free), how, Bytes(spool)),
			"make room there, set TMPDIR for the engine's processes, or set a smaller export_shard_size"})
	}
	return found
}

func (r *Report) disk(where []string, d Disk, name string, least, few int64) []Finding {
	made := func(level Level, what, mend string) []Finding {
		return []Finding{{level, "disk", where, fmt.Sprintf("the %s %s %s", name, d.Path, what), mend}}
	}
	other := "choose another folder"
	if where != nil {
		other = "set TMPDIR for the engine's processes"
	}
	switch {
	case d.Err != "":
		return made(Error, "can't be used: "+d.Err, "make it, or "+other)
	case d.Size == 0:
		return nil // the system doesn't tell
	case d.Free < least:
		return made(Error, fmt.Sprintf("has %s free", Bytes(d.Free)), "make room there, or "+other)
	case d.Inodes >= 0 && d.Inodes < inodesFew:
		return made(Warning, fmt.Sprintf("has room for %d files", d.Inodes), "remove files there: runs make some for each segment of input")
	case d.Free < few && few == r.Input:
		return made(Warning, fmt.Sprintf("has %s free, and the input has %s", Bytes(d.Free), Bytes(r.Input)), "make room for the result, and for the keys of deduplicators (corpusmill plan tells how many bytes a row)")
	case d.Free < few:
		return made(Warning, fmt.Sprintf("has only %s free", Bytes(d.Free)), "make room there, or "+other)
	}
	return nil
}

// room judges memory and open files.
func room(n Node, where []string) (out []Finding) {
	tasks := cmp.Or(int64(n.CPUs), int64(n.Facts.CPUs), 1)
	switch each := n.Facts.Memory / tasks; {
	case n.Facts.Memory == 0:
	case each < memoryLeast:
		out = append(out, Finding{Error, "memory", where, fmt.Sprintf("it has %s, which are %s for each of %d tasks", Bytes(n.Facts.Memory), Bytes(each), tasks), "lower np, or the number of CPUs that the engine offers there"})
	case each < memoryFew:
		out = append(out, Finding{Warning, "memory", where, fmt.Sprintf("it has %s, which are %s for each of %d tasks", Bytes(n.Facts.Memory), Bytes(each), tasks), "lower np where rows are large or models are used"})
	case n.Facts.Available > 0 && n.Facts.Available/tasks < memoryLeast:
		out = append(out, Finding{Warning, "memory", where, fmt.Sprintf("of %s only %s are free now", Bytes(n.Facts.Memory), Bytes(n.Facts.Available)), "wait for what else runs there, or lower np"})
	}
	switch files := n.Facts.OpenFiles; {
	case files == 0 || files >= filesFew:
	case files < filesLeast:
		out = append(out, Finding{Error, "open files", where, fmt.Sprintf("a process may have %d", files), fmt.Sprintf("raise the bound to %d or more (ulimit -Hn, LimitNOFILE=) before the engine is started", filesFew)})
	default:
		out = append(out, Finding{Warning, "open files", where, fmt.Sprintf("a process may have %d", files), fmt.Sprintf("raise the bound to %d or more (ulimit -Hn, LimitNOFILE=) before the engine is started", filesFew)})
	}
	return out
}

// processors judges CPUs and GPUs.
func processors(n Node, where []string) (out []Finding) {
	f := n.Facts
	if f.Platform == "linux-amd64" && !slices.Contains(f.Features, "avx2") {
		out = append(out, Finding{Warning, "cpu", where, "it has no AVX2", "nothing is wrong, but it is slower: prefer other machines, or a virtual machine that passes the host's CPU on"})
	}
	if n.CPUs > 0 && f.CPUs > 0 && n.CPUs > 2*float64(f.CPUs) {
		out = append(out, Finding{Warning, "cpu", where, fmt.Sprintf("the engine offers %g CPUs of %d", n.CPUs, f.CPUs), "start it there with as many as there are"})
	}
	if n.GPUs > 0 && f.GPUs == 0 {
		out = append(out, Finding{Warning, "gpu", where, fmt.Sprintf("the engine offers %g GPUs, and the program there can open no NVIDIA device", n.GPUs), "see whether nvidia-smi works for the engine's user there"})
	}
	return out
}

// Bytes writes a number of bytes for people.
func Bytes(n int64) string {
	units := []string{"bytes", "KiB", "MiB", "GiB", "TiB", "PiB"}
	v, u := float64(n), 0
	for v >= 1024 && u < len(units)-1 {
		v, u = v/1024, u+1
	}
	if u == 0 || v >= 100 {
		return fmt.Sprintf("%.0f %s", v, units[u])
	}
	return fmt.Sprintf("%.1f %s", v, units[u])
}
