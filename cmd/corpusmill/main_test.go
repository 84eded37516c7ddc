package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"corpusmill/exec"
	"corpusmill/storage/object"
)

// asProgram makes the test binary the program, for itself and the workers
// that it starts. Its value "measured" makes it a process that starts the
// program and writes the most memory that this took, in bytes, to the file
// that is its first argument.
const asProgram = "CORPUSMILL_TEST_PROGRAM"

func TestMain(m *testing.M) {
	switch os.Getenv(asProgram) {
	case "":
		if len(os.Args) == 3 && os.Args[1] == "worker" {
			break // an engine's machines don't have the variable
		}
		os.Exit(m.Run())
	case "measured":
		os.Exit(measured(os.Args[1], os.Args[2:]))
	}
	main()
}

// measured is its own process, because the system counts the memory of a
// process from before it became the program: a test may have much.
func measured(file string, args []string) int {
	c := program(context.Background(), args...)
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	err := c.Run()
	use, ok := c.ProcessState.SysUsage().(*syscall.Rusage)
	if exit := (*osexec.ExitError)(nil); err != nil && !errors.As(err, &exit) || !ok {
		fmt.Fprintln(os.Stderr, err)
		return 99
	}
	if err := os.WriteFile(file, fmt.Append(nil, use.Maxrss<<10), 0o666); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 99
	}
	return c.ProcessState.ExitCode()
}

// corpusmillMemory runs a command and tells the most memory that it took, in
// bytes.
func corpusmillMemory(t *testing.T, args ...string) (o outcome, peak int64) {
	t.Helper()
	if raced {
		t.Skip("the race detector takes memory of its own")
	}
	file := filepath.Join(t.TempDir(), "memory")
	c := program(t.Context(), append([]string{file}, args...)...)
	c.Env = append(c.Env, asProgram+"=measured")
	o = finish(t, c, c.Run)
	if _, err := fmt.Sscan(read(t, file), &peak); err != nil {
		t.Fatal(err)
	}
	return o, peak
}

// program is a command line that is ready to start.
func program(ctx context.Context, args ...string) *osexec.Cmd {
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	c := osexec.CommandContext(ctx, self, args...)
	c.Env = append(os.Environ(), asProgram+"=1")
	return c
}

// outcome is what a command did.
type outcome struct {
	code           int
	stdout, stderr string
}

func corpusmill(t *testing.T, args ...string) outcome {
	t.Helper()
	return piped(t, nil, args...)
}

// piped runs a command with that standard input.
func piped(t *testing.T, stdin []byte, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	c := program(ctx, args...)
	c.Stdin = bytes.NewReader(stdin)
	return finish(t, c, c.Run)
}

func finish(t *testing.T, c *osexec.Cmd, wait func() error) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	err := wait()
	if exit := (*osexec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	o := outcome{code: c.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String()}
	if strings.Contains(o.stderr, "goroutine ") {
		t.Errorf("corpusmill %s panicked:\n%s", strings.Join(c.Args[1:], " "), o.stderr)
	}
	return o
}

// want checks the exit code and that stderr has all parts.
func (o outcome) want(t *testing.T, code int, parts ...string) {
	t.Helper()
	if o.code != code {
		t.Fatalf("exit %d, want %d; stderr:\n%s", o.code, code, o.stderr)
	}
	for _, p := range parts {
		if !strings.Contains(o.stderr, p) {
			t.Errorf("stderr lacks %q:\n%s", p, o.stderr)
		}
	}
}

// wantOut checks that stdout has all parts.
func (o outcome) wantOut(t *testing.T, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(o.stdout, p) {
			t.Errorf("stdout lacks %q:\n%s", p, o.stdout)
		}
	}
}

func write(t testing.TB, path, content string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// rows makes about that many bytes of rows: some to be edited, some to be
// dropped, a share of repeat that say what an earlier one says.
func rows(size int, repeat float64) []byte {
	rnd := rand.New(rand.NewPCG(uint64(size), 7))
	words := strings.Fields("so it goes that every word of this small list comes back again and again until the row is long enough")
	var texts []string
	var b bytes.Buffer
	for id := 0; b.Len() < size; id++ {
		var text string
		if len(texts) > 0 && rnd.Float64() < repeat {
			text = texts[rnd.IntN(len(texts))]
		} else {
			var s strings.Builder
			fmt.Fprintf(&s, "%d", id)
			for range 1 + rnd.IntN(120) {
				s.WriteByte(' ')
				s.WriteString(words[rnd.IntN(len(words))])
			}
			if id%5 == 0 {
				s.WriteString("\\tmail me@example.com")
			}
			text = s.String()
			if len(texts) < 1000 {
				texts = append(texts, text)
			}
		}
		fmt.Fprintf(&b, `{"id":%d,"text":"%s","meta":{"n":%d.50}}`+"\n", id, text, id%7)
	}
	return b.Bytes()
}

// report is what process prints with --json.
func report(t *testing.T, o outcome) exec.Report {
	t.Helper()
	var r exec.Report
	if err := json.Unmarshal([]byte(o.stdout), &r); err != nil {
		t.Fatalf("%v in %q", err, o.stdout)
	}
	return r
}

// contents are the files of a result by name.
func contents(t *testing.T, r exec.Report) map[string]string {
	t.Helper()
	m := map[string]string{}
	for _, f := range r.Output {
		content, err := object.ReadFile(t.Context(), f.Path)
		if err != nil {
			t.Fatal(err)
		}
		m[filepath.Base(f.Path)] = string(content)
	}
	return m
}

// full says that tests run at their full size.
func full() bool { return os.Getenv("CORPUSMILL_FULL") != "" }

// lacking skips a test for want of something, or fails it where nothing may
// be wanting.
func lacking(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CORPUSMILL_REQUIRE") == "all" {
		t.Fatal(what)
	}
	t.Skip(what)
}
