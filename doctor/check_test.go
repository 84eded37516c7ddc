package doctor

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// healthy is a machine that nothing is wrong with, and here the one of who
// asks.
func healthy() (here Facts, n Node) {
	here = Facts{ID: "h", Host: "here", Build: "v1", Program: "sum", Platform: "linux-amd64", Features: []string{"avx2"}, CPUs: 8,
		Memory: 64 << 30, Available: 60 << 30, OpenFiles: 1 << 20,
		Temp: Disk{Path: "/tmp", Free: 100 << 30, Size: 200 << 30, Inodes: -1}, Shared: Disk{Path: "/shared", Type: "nfs", Free: 1 << 40, Size: 2 << 40, Inodes: 1 << 30}}
	f := here
	f.ID, f.Sight = "n", Sight{Delay: 0.1, Answered: 0.2, Reads: 300}
	return here, Node{Answer: Answer{Node: "node", Facts: &f, Versions: map[string]string{"python": "3.11.2", "ray": "2.60.0"}, CPUs: 8}, Clock: &[2]float64{-0.1, 0.1}}
}

func TestCheck(t *testing.T) {
	for name, x := range map[string]struct {
		change func(r *Report, n *Node)
		level  Level // "" for none
		want   []string
	}{
		"nothing":               {func(*Report, *Node) {}, "", nil},
		"Python's third number": {func(_ *Report, n *Node) { n.Versions["python"] = "3.11.9" }, "", nil},
		"another build":         {func(_ *Report, n *Node) { n.Facts.Build = "v2" }, Error, []string{"program on node", "v2 there, and v1 here", "same build"}},
		"another file":          {func(_ *Report, n *Node) { n.Facts.Program = "other" }, Warning, []string{"program on node", "same file"}},
		"another platform": {func(_ *Report, n *Node) {
			n.Facts.Program, n.Facts.Platform, n.Facts.Features = "other", "linux-arm64", nil
		}, "", nil},
		"another Python":  {func(_ *Report, n *Node) { n.Versions["python"] = "3.12.1" }, Error, []string{"version on node", "Python is 3.12.1 there, and 3.11.2 here", "CORPUSMILL_PYTHON to a Python 3.12"}},
		"another Ray":     {func(_ *Report, n *Node) { n.Versions["ray"] = "2.61.0" }, Error, []string{"ray is 2.61.0 there", "install ray 2.61.0 here"}},
		"clock ahead":     {func(_ *Report, n *Node) { n.Clock = &[2]float64{4.9, 5.2} }, Warning, []string{"clock on node: it is 4.9 s ahead of", "NTP"}},
		"clock behind":    {func(_ *Report, n *Node) { n.Clock = &[2]float64{-8, -7} }, Warning, []string{"it is 7.0 s behind"}},
		"clock unsure":    {func(_ *Report, n *Node) { n.Clock = &[2]float64{-1, 60} }, "", nil},
		"no folder":       {func(_ *Report, n *Node) { n.Facts.Sight = Sight{Trouble: Absent, Err: "no such file"} }, Error, []string{"storage on node: there is no /shared", "mount the storage of /shared there at the same path"}},
		"another folder":  {func(_ *Report, n *Node) { n.Facts.Sight, n.Facts.Shared.Type = Sight{Trouble: Apart}, "ext4" }, Error, []string{"/shared is another folder than here, of type ext4"}},
		"read-only":       {func(_ *Report, n *Node) { n.Facts.Sight = Sight{Trouble: Unwritable, Err: "read-only file system"} }, Error, []string{"can't be written (read-only file system)", "mount it for writing"}},
		"unreadable":      {func(_ *Report, n *Node) { n.Facts.Sight, n.Facts.User = Sight{Trouble: Unreadable, Err: "denied"}, 77 }, Error, []string{"can't be read (denied)", "uid 77"}},
		"stale":           {func(_ *Report, n *Node) { n.Facts.Sight = Sight{Trouble: Stale} }, Error, []string{"stays as it was there", "object storage"}},
		"unseen":          {func(_ *Report, n *Node) { n.Facts.Sight = Sight{Trouble: Unseen} }, Error, []string{"what it writes in /shared isn't seen here", "lookupcache"}},
		"rename":          {func(_ *Report, n *Node) { n.Facts.Sight.Torn, n.Facts.Sight.Missing = 2, 3 }, Error, []string{"isn't atomic", "of 300 reads", "3 found none and 2 half"}},
		"rename, from it": {func(_ *Report, n *Node) { n.Torn = 1 }, Error, []string{"isn't atomic"}},
		"slow storage":    {func(_ *Report, n *Node) { n.Facts.Sight.Answered = 9 }, Warning, []string{"it took 9 s", "worker_timeout"}},
		"object": {func(_ *Report, n *Node) {
			n.Facts.Inputs = []File{{Path: "bucket://b/in", Err: "no answer from http://store"}}
		}, Error, []string{"input on node: bucket://b/in isn't there as it is here", "can be reached from that machine"}},
		"none is shared":  {func(r *Report, n *Node) { r.Shared, r.Here.Shared.Free = "", 32<<20 }, Error, []string{"disk: the folder for the run's own files /shared has 32.0 MiB free"}},
		"input":           {func(_ *Report, n *Node) { n.Facts.Inputs = []File{{Path: "/in", Err: "none"}, {}} }, Error, []string{"input on node: /in isn't there as it is here (none), nor 1 more"}},
		"temp is full":    {func(_ *Report, n *Node) { n.Facts.Temp.Free = 1 << 20 }, Error, []string{"disk on node", "temporary files /tmp has 1.0 MiB free", "TMPDIR"}},
		"temp is small":   {func(_ *Report, n *Node) { n.Facts.Temp.Free = 700 << 20 }, Warning, []string{"has only 700 MiB free"}},
		"temp and shards": {func(r *Report, n *Node) { r.Spool, n.Facts.Temp.Free = 1<<30, 7<<30 }, Warning, []string{"has 7.0 GiB free, and the files of 8 tasks may have 8.0 GiB", "export_shard_size"}},
		"temp for all":    {func(r *Report, n *Node) { r.Spool, r.Alone, n.Facts.Temp.Free = 9<<30, true, 8<<30 }, Warning, []string{"and the result may have 9.0 GiB"}},
		"temp for one":    {func(r *Report, n *Node) { r.Spool, r.Alone, n.Facts.Temp.Free = 2<<30, true, 8<<30 }, "", nil},
		"no temp":         {func(_ *Report, n *Node) { n.Facts.Temp = Disk{Path: "/t", Err: "no such folder"} }, Error, []string{"/t can't be used: no such folder"}},
		"no inodes":       {func(_ *Report, n *Node) { n.Facts.Temp.Inodes = 9 }, Warning, []string{"room for 9 files"}},
		"shared is full":  {func(r *Report, _ *Node) { r.Here.Shared.Free = 1 << 20 }, Error, []string{"disk: the shared folder /shared has 1.0 MiB free"}},
		"shared is small": {func(r *Report, _ *Node) { r.Here.Shared.Free, r.Input = 2<<30, 3<<30 }, Warning, []string{"has 2.0 GiB free, and the input has 3.0 GiB"}},
		"memory":          {func(_ *Report, n *Node) { n.Facts.Memory = 512 << 20 }, Error, []string{"memory on node", "64.0 MiB for each of 8 tasks", "lower np"}},
		"little memory":   {func(_ *Report, n *Node) { n.Facts.Memory = 2 << 30 }, Warning, []string{"256 MiB for each of 8 tasks"}},
		"memory in use":   {func(_ *Report, n *Node) { n.Facts.Available = 100 << 20 }, Warning, []string{"of 64.0 GiB only 100 MiB are free"}},
		"open files":      {func(_ *Report, n *Node) { n.Facts.OpenFiles = 1024 }, Warning, []string{"open files on node: a process may have 1024", "LimitNOFILE"}},
		"few open files":  {func(_ *Report, n *Node) { n.Facts.OpenFiles = 64 }, Error, []string{"a process may have 64"}},
		"old CPU":         {func(_ *Report, n *Node) { n.Facts.Features = nil }, Warning, []string{"no AVX2"}},
		"CPUs":            {func(_ *Report, n *Node) { n.CPUs = 64 }, Warning, []string{"offers 64 CPUs of 8"}},
		"no GPU":          {func(_ *Report, n *Node) { n.GPUs = 2 }, Warning, []string{"offers 2 GPUs", "nvidia-smi"}},
		"no answer":       {func(_ *Report, n *Node) { n.Facts, n.Err = nil, "no answer within 60 s" }, Error, []string{"program on node: no answer within 60 s", "--wait"}},
		"no binary": {func(_ *Report, n *Node) { n.Facts, n.Err = nil, "no binary for linux-arm64: put it there" }, Error,
			[]string{"no binary for linux-arm64", "build corpusmill for it"}},
		"noexec":               {func(_ *Report, n *Node) { n.Facts, n.Err = nil, "[Errno 13] Permission denied: '/tmp/x'" }, Error, []string{"noexec", "TMPDIR"}},
		"waits":                {func(_ *Report, n *Node) { n.Facts, n.Err, n.Waits = nil, "its job waits (Resources)", true }, Warning, []string{"engine on node: its job waits", "--wait"}},
		"nothing to work with": {func(r *Report, n *Node) { r.Nodes = nil }, Error, []string{"no machine that takes tasks"}},
	} {
		t.Run(name, func(t *testing.T) {
			here, n := healthy()
			r := Report{Backend: "ray", Shared: "/shared", Here: here, Versions: map[string]string{"python": "3.11.2", "ray": "2.60.0"}, Nodes: []Node{n}}
			x.change(&r, &n)
			if r.Nodes != nil {
				r.Nodes[0] = n
			}
			r.Check()
			if r.Fit != (x.level != Error) {
				t.Errorf("fit is %t: %v", r.Fit, r.Findings)
			}
			if x.level == "" {
				if len(r.Findings) > 0 {
					t.Errorf("the findings are %v", r.Findings)
				}
				return
			}
			if len(r.Findings) != 1 || r.Findings[0].Level != x.level {
				t.Fatalf("the findings are %+v, want one %s", r.Findings, x.level)
			}
			for _, w := range x.want {
				if s := r.Findings[0].String(); !strings.Contains(s, w) {
					t.Errorf("%q lacks %q", s, w)
				}
			}
		})
	}
}

// TestMany has the same fault on many machines: it is one finding.
func TestMany(t *testing.T) {
	here, _ := healthy()
	r := Report{Shared: "/shared", Here: here}
	for range 9 {
		_, n := healthy()
		n.Facts.Sight.Trouble = Absent
		n.Node += string(rune('0' + len(r.Nodes)))
		r.Nodes = append(r.Nodes, n)
	}
	r.Check()
	if len(r.Findings) != 1 || len(r.Findings[0].Where) != 9 || !strings.Contains(r.Findings[0].String(), "storage on node0, node1, node2, node3 and 5 more: ") {
		t.Errorf("the findings are %v", r.Findings)
	}
}

// TestConnect has errors as the engines word them.
func TestConnect(t *testing.T) {
	for _, x := range []struct{ backend, err, check, want string }{
		{"ray", "connecting to Ray: ConnectionError: Failed to connect to Ray cluster at 10.77.0.1:6379\nbecause of ray.exceptions.AuthenticationError: RPC error: InvalidAuthToken: Authentication token is missing or incorrect. Ensure", "token", "refuses this machine's token"},
		{"ray", "because of AuthenticationError: Authentication token is missing or incorrect. Note: RAY_AUTH_MODE is currently 'disabled' (not 'token').", "token", "sends none"},
		{"ray", "AuthenticationError: RAY_AUTH_TOKEN_PATH is set but file cannot be opened or is empty: /x", "token", "can't be read"},
		{"ray", "connecting to Ray: RuntimeError: Version mismatch: The cluster was started with:\n    Ray: 2.60.0\n    Python: 3.11.7\nThis process on node 10.0.0.1 was started with:", "version", "Python has another version"},
		{"ray", "ConnectionError: Could not find any running Ray instance. Please specify the one to connect to", "address", "no part of a Ray cluster"},
		{"dask", "connecting to Dask: OSError: Timed out trying to connect to tcp://10.77.0.1:8786 after 60 s", "address", "scheduler doesn't answer"},
		{"dask", "TimeoutError: Only 0/1 workers arrived after 60", "engine", "no workers"},
		{"spark", `SparkConnectGrpcException: <_InactiveRpcError ... status = StatusCode.UNAUTHENTICATED details = "Invalid authentication token"`, "token", "refuses this machine"},
		{"spark", "StatusCode.UNAVAILABLE failed to connect to all addresses", "address", "doesn't answer"},
		{"slurm", `exec: "sinfo": executable file not found in $PATH`, "program", "aren't on this machine"},
		{"slurm", "sbatch: error: Batch job submission failed: Invalid partition name specified", "options", "refuses the job"},
		{"slurm", "sinfo: slurm_load_partitions: Unable to contact slurm controller (connect failure)", "address", "controller doesn't answer"},
		{"dashboard", `Ray's dashboard answers GET /api/version with 401 Unauthorized: no; set RAY_AUTH_MODE=token`, "token", "refuses this machine's token"},
		{"dashboard", `Ray's dashboard: Get "http://x": dial tcp 127.0.0.1:1: connect: connection refused`, "address", "nobody listens"},
		{"dashboard", `Ray's dashboard: Get "http://x": dial tcp: lookup x: no such host`, "address", "isn't known"},
		{"ray", "a thing that nobody has seen", "engine", "a thing that nobody has seen"},
	} {
		f := Connect(x.backend, errors.New(x.err))
		if f.Level != Error || f.Check != x.check || !strings.Contains(f.What, x.want) || f.Mend == "" || strings.Contains(f.String(), "\n") {
			t.Errorf("%s: %q is\n%s", x.backend, x.err, f)
		}
	}
}

// TestLook has Pythons and addresses with a fault each.
func TestLook(t *testing.T) {
	file := filepath.Join(t.TempDir(), "scheduler.json")
	if err := os.WriteFile(file, []byte("{"), 0o666); err != nil {
		t.Fatal(err)
	}
	fake := Engine{Name: "Engine", Package: "pip", Least: "1", Install: "json", Modules: []string{"json"}, Key: "engine_address", Example: "HOST:1", Start: "engine start", File: true}
	lacking := fake
	lacking.Modules = []string{"json", "no_such_module"}
	// What python3 stands for may take long to find out.
	first, found := fake.Look(t.Context(), "", "")
	if len(found) > 0 || first.Versions["python"] == "" {
		t.Fatalf("python3 is %+v: %v", first, found)
	}
	python := first.Executable
	for _, x := range []struct {
		engine          Engine
		python, address string
		check, want     string
	}{
		{fake, "/nowhere/python3", "", "python", "there is no such program"},
		{fake, "false", "", "python", "exit status 1"},
		{fake, "echo", "", "python", "invalid character"},
		{lacking, python, "", "python", "lacks no_such_module"},
		{fake, python, "127.0.0.1:1", "address", "nobody listens at 127.0.0.1:1"},
		{fake, python, "sc://127.0.0.1:1/;token=x", "address", "nobody listens at"},
		{fake, python, "no..host:1", "address", "isn't known"},
		{fake, python, "host", "address", "host has no port"},
		{fake, python, "127.0.0.1:99999", "address", "has no port"},
		{fake, "", file, "address", "scheduler file can't be read"},
	} {
		_, found := x.engine.Look(t.Context(), x.python, x.address)
		if len(found) != 1 || found[0].Check != x.check || !strings.Contains(found[0].What, x.want) || found[0].Mend == "" {
			t.Errorf("%q, %q: %v, want %q", x.python, x.address, found, x.want)
		}
	}
	if found := fake.judge(Preflight{Executable: "/python", Versions: map[string]string{"pip": "0.9"}}); len(found) != 1 || !strings.Contains(found[0].What, "/python has pip 0.9; 1 or newer is needed") {
		t.Errorf("of an old package it says %v", found)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, found := fake.Look(ctx, "", ""); len(found) != 1 {
		t.Errorf("a cancelled look finds %v", found)
	}
}

func TestOlder(t *testing.T) {
	for _, x := range []struct {
		a, b string
		want bool
	}{{"2.59.1", "2.60", true}, {"2.60.0", "2.60", false}, {"4.0.0.dev1", "4", false}, {"3.5.7", "4", true}, {"2026.8.0", "2026.8", false}, {"", "1", true}} {
		if older(x.a, x.b) != x.want {
			t.Errorf("older(%q, %q) is %t", x.a, x.b, !x.want)
		}
	}
}
