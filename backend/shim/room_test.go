package shim

import "testing"

func TestRoom(t *testing.T) {
	cluster := ready{CPUs: 24, GPUs: 5, NodeCPUs: 16, NodeGPUs: 4, NodeMemory: 64e9, Nodes: []node{
		{CPUs: 16, GPUs: 4, Memory: 64e9}, {CPUs: 8, GPUs: 1, Memory: 16e9},
	}}
	for _, x := range []struct {
		name  string
		need  Resources
		given int // Slots
		want  int
	}{
		{"CPUs", Resources{}, 0, 24},
		{"more CPUs", Resources{CPUs: 3}, 0, 5 + 2},
		{"part of a CPU", Resources{CPUs: 0.5}, 0, 48},
		{"GPUs", Resources{GPUs: 1}, 0, 5},
		{"two GPUs", Resources{GPUs: 2}, 0, 2},
		{"one GPU and a half", Resources{GPUs: 1.5}, 0, 2},
		{"part of a GPU", Resources{GPUs: 0.4}, 0, 10},
		{"memory", Resources{Memory: 10e9}, 0, 6 + 1},
		{"num_proc", Resources{GPUs: 1, Tasks: 3}, 0, 3},
		{"np", Resources{GPUs: 1}, 2, 2},
		{"np above the room", Resources{GPUs: 1}, 50, 5},
		{"np of tasks", Resources{}, 50, 50},
		{"accelerated", Resources{Accelerated: true}, 0, 5},
		{"accelerated with a share", Resources{Accelerated: true, GPUs: 0.5}, 0, 10},
		{"no room", Resources{CPUs: 16, Memory: 65e9}, 0, 1},
	} {
		b := &Backend{Needs: []Resources{x.need}, Slots: x.given, ready: cluster}
		if got := b.slots(b.needs(0)); got != x.want {
			t.Errorf("%s: %d bundles at once, want %d", x.name, got, x.want)
		}
	}
	apart := &Backend{Engine: Engine{Name: "Ray"}, Needs: []Resources{{CPUs: 16}, {CPUs: 9, GPUs: 1}, {GPUs: 4, Memory: 16e9}, {CPUs: 8, GPUs: 5}}, ready: cluster}
	if err := apart.check(); err == nil || err.Error() != "stage 4 asks for 5 by gpu_required; the largest machine that Ray has offers 4" {
		t.Errorf("check says %v", err)
	}
	apart.ready.Nodes = []node{{CPUs: 16, Memory: 64e9}, {CPUs: 8, GPUs: 5, Memory: 16e9}}
	apart.ready.NodeGPUs, apart.Needs = 5, []Resources{{CPUs: 9, GPUs: 1}}
	if err := apart.check(); err == nil || err.Error() != "stage 1 asks for 9 CPUs, 1 GPUs and 0 bytes of memory; no machine of Ray has all of them together" {
		t.Errorf("check says %v", err)
	}
	without := &Backend{Needs: []Resources{{Accelerated: true}}, ready: ready{CPUs: 3}}
	if n := without.needs(0); n.GPUs != 0 || n.Hold || without.slots(n) != 3 {
		t.Errorf("without GPUs the stage needs %+v", n)
	}
}
