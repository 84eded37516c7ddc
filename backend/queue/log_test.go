package queue

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// newTestLog returns both ends of a log.
func newTestLog(t *testing.T) (*log, *tail) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log")
	l, err := newLog(path)
	if err != nil {
		t.Fatal(err)
	}
	return l, &tail{path: path}
}

func (t *tail) strings(tb testing.TB) (out []string) {
	tb.Helper()
	some, err := t.read(func(line []byte) error {
		var s string
		out = append(out, s)
		return json.Unmarshal(line, &out[len(out)-1])
	})
	if err != nil || some != (len(out) > 0) {
		tb.Fatalf("read says %v, %v for %q", some, err, out)
	}
	return out
}

func TestLog(t *testing.T) {
	l, r := newTestLog(t)
	if got := r.strings(t); got != nil {
		t.Errorf("a new log has %q", got)
	}
	long := strings.Repeat("long ", 100_000)
	for _, lines := range [][]any{{"one"}, {"two", "three"}, {long, "a\nb"}, {long, long}} {
		if err := l.write(lines...); err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, s := range lines {
			want = append(want, s.(string))
		}
		if got := r.strings(t); !slices.Equal(got, want) {
			t.Errorf("read %.100q, want %.100q", got, want)
		}
		if got := r.strings(t); got != nil {
			t.Errorf("read again: %.100q", got)
		}
	}
}

// TestLogInPieces shows a reader every state of a file that a slow network
// may: it reads whole lines only, and each once.
func TestLogInPieces(t *testing.T) {
	l, r := newTestLog(t)
	if err := l.write("one", "two", "three"); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(l.path)
	if err != nil {
		t.Fatal(err)
	}
	if len(whole) < int(l.off)+ahead/2 {
		t.Errorf("the file has %d bytes; little is kept behind the %d of its lines", len(whole), l.off)
	}
	var got []string
	for n := range l.off + 1 {
		// What hasn't arrived is missing, or reads as zeros.
		state := whole[:n]
		if n%2 == 0 {
			state = append(slices.Clone(state), make([]byte, 100)...)
		}
		if err := os.WriteFile(l.path, state, 0o666); err != nil {
			t.Fatal(err)
		}
		got = append(got, r.strings(t)...)
	}
	if want := []string{"one", "two", "three"}; !slices.Equal(got, want) {
		t.Errorf("read %q, want %q", got, want)
	}
}

// TestLogDamaged has a line that isn't what was written: neither it nor what
// follows is read.
func TestLogDamaged(t *testing.T) {
	l, r := newTestLog(t)
	if err := l.write("one", "two", "three"); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(l.path)
	if err != nil {
		t.Fatal(err)
	}
	b[slices.Index(b, 'w')] = 'W'
	if err := os.WriteFile(l.path, b, 0o666); err != nil {
		t.Fatal(err)
	}
	if got := r.strings(t); !slices.Equal(got, []string{"one"}) {
		t.Errorf("read %q", got)
	}
}

// TestLogStop has the reader's function fail: the line counts as read.
func TestLogStop(t *testing.T) {
	l, r := newTestLog(t)
	if err := l.write("one", "two"); err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stop")
	if _, err := r.read(func([]byte) error { return stop }); err != stop {
		t.Errorf("the error is %v", err)
	}
	if got := r.strings(t); !slices.Equal(got, []string{"two"}) {
		t.Errorf("read %q", got)
	}
}
