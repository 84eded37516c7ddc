package slurmray

import (
	"os"
	osexec "os/exec"
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	for stat, want := range map[string]process{
		"12 (raylet) S 7 12 12 0":    {12, 7, "raylet", false},
		"13 (a (b) c) Z 12 13 13 0":  {13, 12, "a (b) c", true},
		"14 (unfinished":             {},
		"15 (x) R 1 15 15 0 -1 4194": {15, 1, "x", false},
	} {
		if got := parse(stat); got != want {
			t.Errorf("%q: %+v, want %+v", stat, got, want)
		}
	}
}

// asKeeper makes the test binary a process that adopts what it starts.
const asKeeper = "CORPUSMILL_TEST_KEEPER"

// TestEndDescendants has a process end daemons whose parents are gone.
func TestEndDescendants(t *testing.T) {
	if os.Getenv(asKeeper) != "" {
		keep(t)
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := osexec.CommandContext(t.Context(), self, "-test.run=^TestEndDescendants$", "-test.v")
	c.Env, c.WaitDelay = append(os.Environ(), asKeeper+"=1"), time.Second
	if out, err := c.CombinedOutput(); err != nil || !strings.Contains(string(out), "all are gone") {
		t.Errorf("%v: %s", err, out)
	}
}

func keep(t *testing.T) {
	if err := adopt(); err != nil {
		t.Fatal(err)
	}
	if out, err := osexec.Command("sh", "-c", "(setsid sleep 1000 & setsid sh -c 'sleep 1001; true' &) >/dev/null 2>&1").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	deadline := time.Now().Add(20 * time.Second)
	for {
		below, err := descendants()
		if err != nil {
			t.Fatal(err)
		}
		if len(below) == 3 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the descendants are %+v", below)
		}
		time.Sleep(10 * time.Millisecond)
	}
	found, err := descendantsNamed("sleep")
	if err != nil || !alive(found["sleep"]) {
		t.Errorf("found %v, %v", found, err)
	}
	if _, err := descendantsNamed("raylet"); err == nil {
		t.Error("there is a raylet")
	}
	if err := endDescendants(); err != nil {
		t.Fatal(err)
	}
	if below, err := descendants(); err != nil || len(below) > 0 || alive(found["sleep"]) {
		t.Errorf("left: %+v, %v", below, err)
	}
	t.Log("all are gone")
}
