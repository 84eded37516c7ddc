package models

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestFolders(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CACHE_HOME", filepath.Join(home, "cache"))
	own := filepath.Join(home, "cache", "corpusmill", "models")
	for _, c := range []struct {
		env  map[string]string
		want []string
	}{
		{nil, []string{"given", own, filepath.Join(home, ".cache/data_juicer/models")}},
		{map[string]string{"CACHE_HOME": "/c"}, []string{"given", own, "/c/data_juicer/models"}},
		{map[string]string{"CACHE_HOME": "/c", "DATA_JUICER_CACHE_HOME": "~/d"}, []string{"given", own, filepath.Join(home, "d/models")}},
		{map[string]string{"DATA_JUICER_CACHE_HOME": "/d", "DATA_JUICER_MODELS_CACHE": "/m"}, []string{"given", own, "/m"}},
		{map[string]string{"DATA_JUICER_EXTERNAL_MODELS_HOME": "/x: /y:", "DATA_JUICER_MODELS_CACHE": "/m"}, []string{"given", own, "/x", "/y", "/m"}},
	} {
		got := Folders([]string{"given"}, func(k string) string { return c.env[k] })
		if !slices.Equal(got, c.want) {
			t.Errorf("%v: %q, want %q", c.env, got, c.want)
		}
	}
}

func TestFind(t *testing.T) {
	a, b := t.TempDir(), t.TempDir()
	for path, text := range map[string]string{
		filepath.Join(a, "one"): "first", filepath.Join(b, "one"): "second", filepath.Join(b, "two"): "third",
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(a, "two"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"one": filepath.Join(a, "one"), "two": filepath.Join(b, "two")} {
		if got, err := Find(name, []string{a, b}); got != want || err != nil {
			t.Errorf("%s: %q, %v; want %q", name, got, err, want)
		}
	}
	_, err := Find("three", []string{a, b})
	var missing *NotFound
	if !errors.As(err, &missing) || !strings.Contains(err.Error(), a) || !strings.Contains(err.Error(), "--models") {
		t.Errorf("a missing model: %v", err)
	}
}

func TestHash(t *testing.T) {
	path := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	// The published hash of no bytes.
	if got, err := Hash(path); got != "99aa06d3014798d86001c324468d497f" || err != nil {
		t.Errorf("%s, %v", got, err)
	}
}
