package slurmray

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"time"
)

// order is a line from the lead to all keepers. The first has what all need to
// know, the second the head.
type order struct {
	Job    string `json:"job,omitempty"`
	Python string `json:"python,omitempty"`
	Token  string `json:"token,omitempty"`
	Nodes  []Node `json:"nodes,omitempty"`
	// Grace is how long a keeper that Slurm tells to end waits for the lead, in
	// nanoseconds.
	Grace time.Duration `json:"grace,omitempty"`
	Head  string        `json:"head,omitempty"` // HOST:PORT
}

// report is a line from a keeper to the lead: its node is a part of the
// cluster, or why it isn't.
type report struct {
	Node    string `json:"node"`
	Address string `json:"address,omitempty"` // HOST:PORT of the head, from it
	Token   string `json:"token,omitempty"`   // path of the token's file there
	Offer   offer  `json:"offer"`
	Err     string `json:"err,omitempty"`
	// Clear says that nothing of Ray is left on the node: the last report.
	Clear bool `json:"clear,omitempty"`
}

// Keeper runs Ray on a node of an allocation.
type Keeper struct {
	Getenv func(string) string
	// CPUs are those of this process, for a Slurm that doesn't tell.
	CPUs int
	// Now is the wall clock.
	Now func() time.Time
}

// tries is how often Ray is started: it gives a process 30 s to be there, which
// is short where Python has to be read from a slow disk.
const tries = 3

// orderTime is how long the lead may take for its first order, and for the
// head's address.
const orderTime = 2 * time.Minute

// Keep starts Ray, and ends all of its processes when in ends, when ctx does and
// the lead doesn't end the cluster soon after, or when Ray has ended itself,
// which is an error.
func (k *Keeper) Keep(ctx context.Context, in io.Reader, out io.Writer) error {
	node := k.Getenv("SLURMD_NODENAME")
	err := k.keep(ctx, node, in, json.NewEncoder(out))
	if err == nil {
		return nil
	}
	err = fmt.Errorf("node %s: %w", node, err)
	return errors.Join(err, json.NewEncoder(out).Encode(report{Node: node, Err: err.Error()}))
}

func (k *Keeper) keep(ctx context.Context, name string, in io.Reader, out *json.Encoder) (err error) {
	if err := adopt(); err != nil {
		return err
	}
	orders := make(chan order, 2) // all that come: the head's keeper doesn't wait for the second
	led, over := context.WithCancel(context.WithoutCancel(ctx))
	defer over()
	go func() {
		defer over()
		follow(led, in, orders)
	}()
	o, err := next(led, orders)
	if err != nil || led.Err() != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { time.AfterFunc(o.Grace, over) })()
	here := -1
	for i, n := range o.Nodes {
		if n.Name == name {
			here = i
		}
	}
	if here < 0 {
		return errors.New("this is none of the job's nodes")
	}
	bases := folders(k.Getenv, o.Job)
	// What can't be removed is nobody's loss but the disk's.
	_ = sweep(bases, "", k.Now())
	dir, err := newFolder(bases[0], o.Job)
	if err != nil {
		return err
	}
	defer func() {
		end := errors.Join(endDescendants(), dir.remove())
		if end == nil {
			end = out.Encode(report{Node: name, Clear: true})
		}
		if err == nil {
			err = end
		}
	}()
	r := &ray{dir: dir.short, python: o.Python, token: filepath.Join(dir.path, "token"), offer: offerOf(k.Getenv, k.CPUs)}
	if err := os.WriteFile(r.token, []byte(o.Token), 0o600); err != nil {
		return err
	}
	var peer string
	if here == 0 && len(o.Nodes) > 1 {
		peer = o.Nodes[1].Address
	}
	if here > 0 {
		h, err := next(led, orders)
		if err != nil || led.Err() != nil {
			return err
		}
		r.head = h.Head
		peer, _, _ = strings.Cut(h.Head, ":")
	}
	if r.ip, err = addressOf(o.Nodes[here], peer); err != nil {
		return err
	}
	for try := 1; ; try++ {
		err := r.start(led, try)
		if led.Err() != nil {
			return nil
		}
		if err == nil {
			break
		}
		if try == tries {
			return err
		}
		if err := endDescendants(); err != nil {
			return err
		}
	}
	up := report{Node: name, Offer: r.offer}
	if here == 0 {
		up.Address, up.Token = r.head, r.token
	}
	if err := out.Encode(up); err != nil {
		return err
	}
	return r.watch(led)
}

// follow reads the lead's orders to their end.
func follow(ctx context.Context, in io.Reader, orders chan<- order) {
	for lines := json.NewDecoder(bufio.NewReader(in)); ; {
		var o order
		if lines.Decode(&o) != nil {
			return
		}
		select {
		case orders <- o:
		case <-ctx.Done():
		}
	}
}

// next waits for an order. There is none when ctx has ended.
func next(ctx context.Context, orders <-chan order) (o order, err error) {
	select {
	case o = <-orders:
	case <-ctx.Done():
	case <-time.After(orderTime):
		err = fmt.Errorf("the lead has said nothing for %v", orderTime)
	}
	return o, err
}

// ray is Ray on one node.
type ray struct {
	dir, python string
	token       string // path
	ip          string
	head        string // HOST:PORT; "" until this node, the head, has it
	offer       offer
}

// program runs the ray command. Modules must not be taken from the working
// folder, as -c would have it.
const program = `import sys
sys.path[:] = [p for p in sys.path if p]
from ray.scripts.scripts import main
main()`

// start starts Ray's processes, and returns when the node has joined.
func (r *ray) start(ctx context.Context, try int) error {
	temp := filepath.Join(r.dir, fmt.Sprint(try))
	if err := os.Mkdir(temp, 0o700); err != nil {
		return err
	}
	args := []string{"-c", program, "start", "--node-ip-address=" + r.ip, "--temp-dir=" + temp,
		"--disable-usage-stats", "--dashboard-agent-listen-port=0"}
	args = append(args, r.offer.flags()...)
	if r.head == "" {
		client, err := freePort(r.ip)
		if err != nil {
			return err
		}
		args = append(args, "--head", "--port=0", "--include-dashboard=false", fmt.Sprint("--ray-client-server-port=", client))
	} else {
		args = append(args, "--address="+r.head)
	}
	said, err := os.Create(filepath.Join(temp, "start.log"))
	if err != nil {
		return err
	}
	defer said.Close()
	cmd := osexec.CommandContext(ctx, r.python, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = r.environ(), said, said
	if err := cmd.Run(); err != nil {
		words, _ := os.ReadFile(said.Name()) // it adds to the error
		return fmt.Errorf("Ray doesn't start, by %s: %w\n%s", r.python, err, words)
	}
	if r.head != "" {
		return nil
	}
	address, err := os.ReadFile(filepath.Join(temp, "ray_current_cluster"))
	if err != nil {
		return fmt.Errorf("Ray doesn't say where its head is: %w", err)
	}
	r.head = strings.TrimSpace(string(address))
	return nil
}

// freePort finds a port for a server that has no port of its own choice: that
// of Ray's client, which nobody uses here.
func freePort(ip string) (int, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(ip, "0"))
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// environ is this process's environment without what leads to other clusters.
func (r *ray) environ() []string {
	var env []string
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "RAY_ADDRESS=") && !strings.HasPrefix(e, "RAY_AUTH_") && !strings.HasPrefix(e, "TMPDIR=") {
			env = append(env, e)
		}
	}
	return append(env, "RAY_AUTH_MODE=token", "RAY_AUTH_TOKEN_PATH="+r.token, "TMPDIR="+r.dir)
}

// watch returns when ctx ends, or with an error when Ray does.
func (r *ray) watch(ctx context.Context) error {
	vital, err := descendantsNamed("raylet", "gcs_server")
	if err != nil {
		return err
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		for name, pid := range vital {
			if !alive(pid) {
				return fmt.Errorf("Ray's %s has ended", name)
			}
		}
	}
}
