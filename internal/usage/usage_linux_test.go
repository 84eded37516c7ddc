package usage

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSelf(t *testing.T) {
	before, err := Self()
	if err != nil {
		t.Fatal(err)
	}
	const size = 64 << 20
	block := make([]byte, size)
	for i := 0; i < len(block); i += os.Getpagesize() {
		block[i] = 1
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	began := ThreadCPU()
	for sum := 0; ThreadCPU()-began < 50*time.Millisecond; sum++ {
	}
	after, err := Self()
	if err != nil {
		t.Fatal(err)
	}
	if more := after.CPU - before.CPU; more < 45*time.Millisecond || more > 30*time.Second {
		t.Errorf("50 ms of work took %v", more)
	}
	if more := after.RSS - before.RSS; more < size*9/10 || more > 4*size {
		t.Errorf("%d bytes more are resident, want about %d", more, size)
	}
	if after.Peak < after.RSS*9/10 || after.Peak < before.Peak {
		t.Errorf("the peak is %d, with %d resident; it was %d", after.Peak, after.RSS, before.Peak)
	}
	runtime.KeepAlive(block)
}

// fakeSMI puts a program in place of nvidia-smi that prints what is said when
// it is asked the right way.
func fakeSMI(t *testing.T, says string) {
	t.Helper()
	dir := t.TempDir()
	script := "#!/bin/sh\n[ \"$1 $2\" = '--query-gpu=" + gpuQuery + " --format=csv,noheader,nounits' ] || exit 9\n" + says
	if err := os.WriteFile(filepath.Join(dir, "nvidia-smi"), []byte(script), 0o777); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

const twoGPUs = `cat <<'END'
0, GPU-aaaa-1, NVIDIA H100 80GB HBM3, 37, 1024, 81559
1, GPU-bbbb-2, NVIDIA H100 80GB HBM3, [N/A], 0, [Not Supported]
END
`

func TestGPUs(t *testing.T) {
	fakeSMI(t, twoGPUs)
	first := GPU{Index: 0, UUID: "GPU-aaaa-1", Name: "NVIDIA H100 80GB HBM3", Utilization: 0.37, Used: 1 << 30, Total: 81559 << 20}
	second := GPU{Index: 1, UUID: "GPU-bbbb-2", Name: "NVIDIA H100 80GB HBM3"}
	for _, test := range []struct {
		visible string
		limited bool
		want    []GPU
	}{
		{"", false, []GPU{first, second}},
		{"", true, nil},
		{"-1", true, nil},
		{"NoDevFiles", true, nil},
		{"1", true, []GPU{second}},
		{"1, 0", true, []GPU{first, second}},
		{"0,-1,1", true, []GPU{first}},
		{"GPU-bbbb", true, []GPU{second}},
		{"MIG-cccc", true, []GPU{}},
	} {
		got, _, err := GPUs(t.Context(), func(name string) (string, bool) {
			if name != "CUDA_VISIBLE_DEVICES" {
				t.Errorf("asked for %s", name)
			}
			return test.visible, test.limited
		})
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("CUDA_VISIBLE_DEVICES=%q: %v, %v; want %v", test.visible, got, err, test.want)
		}
	}
}

func TestGPUsThatDontAnswer(t *testing.T) {
	unset := func(string) (string, bool) { return "", false }
	for says, want := range map[string]string{
		"exit 12\n":         "exit status 12",
		"echo '0, GPU-a'\n": "wrong number of fields",
		"echo 'NVIDIA-SMI has failed, a, b, c, d, e'\n": "no index",
	} {
		fakeSMI(t, says)
		if got, _, err := GPUs(t.Context(), unset); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, %v; want an error with %q", says, got, err, want)
		}
	}
	t.Setenv("PATH", t.TempDir())
	if _, _, err := GPUs(t.Context(), unset); err == nil || !strings.Contains(err.Error(), exec.ErrNotFound.Error()) {
		t.Errorf("without nvidia-smi: %v", err)
	}
}
