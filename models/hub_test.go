package models

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFindInHub(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a[b]*")
	put := func(path, text string) string {
		t.Helper()
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	find := func(want string) {
		t.Helper()
		if got, err := Find("o/r/x/t.json", []string{dir}); got != want || err != nil {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
	first := put("models--o--r/snapshots/111/x/t.json", "")
	find(first)
	second := put("models--o--r/snapshots/222/x/t.json", "")
	if _, err := Find("o/r/x/t.json", []string{dir}); err == nil || !strings.Contains(err.Error(), "2 snapshots") {
		t.Errorf("two snapshots and no refs/main: %v", err)
	}
	put("models--o--r/refs/main", "222\n")
	find(second)
	put("models--o--r/refs/main", "../../222")
	if _, err := Find("o/r/x/t.json", []string{dir}); err == nil || !strings.Contains(err.Error(), "names no snapshot") {
		t.Errorf("a revision outside of the folder: %v", err)
	}
	put("models--o--r/refs/main", "333")
	if _, err := Find("o/r/x/t.json", []string{dir}); err == nil || !strings.Contains(err.Error(), "isn't in") {
		t.Errorf("a snapshot that isn't there: %v", err)
	}
	find(put("o/r/x/t.json", ""))
}
