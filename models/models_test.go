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
	hub := filepath.Join(home, ".cache", "huggingface", "hub")
	for _, c := range []struct {
		env  map[string]string
		want []string
	}{
		{nil, []string{"given", own, filepath.Join(home, ".cache/data_juicer/models"), hub}},
		{map[string]string{"CACHE_HOME": "/c"}, []string{"given", own, "/c/data_juicer/models", hub}},
		{map[string]string{"CACHE_HOME": "/c", "DATA_JUICER_CACHE_HOME": "~/d"}, []string{"given", own, filepath.Join(home, "d/models"), hub}},
		{map[string]string{"DATA_JUICER_CACHE_HOME": "/d", "DATA_JUICER_MODELS_CACHE": "/m"}, []string{"given", own, "/m", hub}},
		{map[string]string{"DATA_JUICER_EXTERNAL_MODELS_HOME": "/x: /y:", "DATA_JUICER_MODELS_CACHE": "/m"}, []string{"given", own, "/x", "/y", "/m", hub}},
		{map[string]string{"CACHE_HOME": "/c", "XDG_CACHE_HOME": "/g"}, []string{"given", own, "/c/data_juicer/models", "/g/huggingface/hub"}},
		{map[string]string{"CACHE_HOME": "/c", "HF_HOME": "~/h", "XDG_CACHE_HOME": "/g"}, []string{"given", own, "/c/data_juicer/models", filepath.Join(home, "h/hub")}},
		{map[string]string{"CACHE_HOME": "/c", "HF_HOME": "/h", "HF_HUB_CACHE": "/i"}, []string{"given", own, "/c/data_juicer/models", "/i"}},
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

func TestNotFound(t *testing.T) {
	for _, c := range []struct {
		e    NotFound
		want []string
	}{
		{NotFound{"en.sp.model", []string{"/a", "/b"}}, []string{"the model en.sp.model isn't in /a, /b; ", "corpusmill models pull en.sp.model fetches it", "--models"}},
		{NotFound{"own.bin", []string{"/a"}}, []string{"put it into one of these", "--models"}},
		{NotFound{"own.bin", nil}, []string{"there is no folder", "--models"}},
	} {
		for _, want := range c.want {
			if got := c.e.Error(); !strings.Contains(got, want) {
				t.Errorf("%q lacks %q", got, want)
			}
		}
	}
}

func TestLookup(t *testing.T) {
	for _, name := range Names() {
		e, ok := Lookup(name)
		if !ok || e.Name != name || e.Kind == "" || e.Licence == "" || len(e.Sources) == 0 {
			t.Errorf("%s: %+v", name, e)
		}
		for _, s := range e.Sources {
			if !strings.HasPrefix(s, "https://") || !strings.HasSuffix(s, "/"+name) {
				t.Errorf("%s has the source %s", name, s)
			}
		}
	}
	if e, ok := Lookup("x-klingon.arpa.bin"); !ok || e.Kind != KenLM {
		t.Errorf("a language that isn't listed: %+v", e)
	}
	for _, name := range []string{"", "lid.176", ".sp.model", "../en.sp.model", "a/b.sp.model", "{lang}.sp.model", "en.sp.model.part", "é.sp.model"} {
		if e, ok := Lookup(name); ok {
			t.Errorf("%q is %+v", name, e)
		}
	}
}

func TestRecord(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m")
	if _, err := ReadRecord(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without a record: %v", err)
	}
	if err := os.WriteFile(RecordPath(path), []byte(`{"source":"s","size":`), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadRecord(path); err == nil || !strings.Contains(err.Error(), "m.sum is damaged; fetch the model again with --force") {
		t.Errorf("a damaged record: %v", err)
	}
}
