package shim

import (
	"os"
	osexec "os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"corpusmill/doctor"
	"corpusmill/internal/netns"
)

// TestPrograms finds the binaries for other platforms that lie beside this one.
func TestPrograms(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	other := "arm64"
	if runtime.GOARCH == other {
		other = "amd64"
	}
	for _, name := range []string{"corpusmill-linux-" + other, "corpusmill-linux-" + other + "-old"} {
		path := filepath.Join(filepath.Dir(self), name)
		if err := os.WriteFile(path, []byte(name), 0o777); err != nil {
			t.Fatal(err)
		}
		defer os.Remove(path)
	}
	found, err := Programs()
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 2 || found[0].Path != self || found[0].Platform != "linux-"+runtime.GOARCH || found[1].Platform != "linux-"+other {
		t.Fatalf("%+v", found)
	}
	for _, p := range found {
		if sum, err := doctor.HashOf(p.Path); err != nil || sum != p.SHA256 {
			t.Errorf("%s: %s, %v", p.Path, sum, err)
		}
	}
}

// placing has a machine of each architecture take its binary, and then one for
// which there is none.
const placing = `
import hashlib, platform, sys
exec(sys.stdin.read())
programs = {b: hashlib.sha256(b).hexdigest() for b in (b"for amd64", b"for arm64")}
binaries = {"linux-amd64": programs[b"for amd64"], "linux-arm64": programs[b"for arm64"]}
asked = []
def read(sha):
    asked.append(sha)
    return next(b for b, s in programs.items() if s == sha)
for machine in ("x86_64", "aarch64", "aarch64", "riscv64"):
    platform.machine = lambda: machine
    try:
        path = place(binaries, read)
        print(machine, open(path).read(), oct(os.stat(path).st_mode & 0o777))
    except Lost as error:
        print(machine, error)
print(len(asked), "sent")
`

// TestPlace has machines of other architectures take their own binary, once.
func TestPlace(t *testing.T) {
	python, err := osexec.LookPath("python3")
	if err != nil {
		netns.Skip(t, "there is no python3")
	}
	c := osexec.Command(python, "-c", placing)
	c.Stdin = strings.NewReader(workerSource)
	c.Env = append(os.Environ(), "TMPDIR="+t.TempDir())
	out, err := c.CombinedOutput()
	const want = `x86_64 for amd64 0o700
aarch64 for arm64 0o700
aarch64 for arm64 0o700
riscv64 no binary for linux-riscv64: put corpusmill-linux-riscv64 beside the program that was started
2 sent
`
	if err != nil || string(out) != want {
		t.Errorf("%v\n%s", err, out)
	}
}
