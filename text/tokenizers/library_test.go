package tokenizers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestLibrary compares with the library itself, on texts other than the recorded
// ones. CORPUSMILL_PYTHON names a Python that has it.
func TestLibrary(t *testing.T) {
	python := "python3"
	if p := os.Getenv("CORPUSMILL_PYTHON"); p != "" {
		python = p
	}
	if out, err := exec.Command(python, "-c", "import tokenizers").CombinedOutput(); err != nil {
		msg := fmt.Sprintf("the library tokenizers is missing (CORPUSMILL_PYTHON names another Python than python3): %v %s", err, out)
		if os.Getenv("CORPUSMILL_REQUIRE") == "all" {
			t.Fatal(msg)
		}
		t.Skip("skipped: " + msg)
	}
	dir := t.TempDir()
	if out, err := exec.Command(python, "testdata/make.py", "--as", dir, "200", "20").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("nothing was recorded: %v", err)
	}
	for _, f := range files {
		checkRecording(t, f)
	}
}
