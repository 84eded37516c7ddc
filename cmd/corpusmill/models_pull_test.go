package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"corpusmill/internal/scratch"
	"corpusmill/models"
	"corpusmill/models/fetch"
	"corpusmill/op"
)

// mirror serves the test models and what else is given, each under its name.
func mirror(t *testing.T, more map[string][]byte) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := filepath.Base(r.URL.Path)
		file, ok := more[name]
		if !ok {
			var err error
			if file, err = os.ReadFile(filepath.Join("../../testdata/models", name)); err != nil {
				http.NotFound(w, r)
				return
			}
		}
		w.Header().Set("ETag", fmt.Sprintf(`"%d"`, len(file)))
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(file))
	}))
	t.Cleanup(s.Close)
	return s
}

// TestModelsPull fetches what a recipe lacks with the command that the message
// names.
func TestModelsPull(t *testing.T) {
	noModels(t)
	m := mirror(t, nil)
	t.Setenv("CORPUSMILL_MODELS_MIRROR", m.URL)
	dir := scratch.Dir(t)
	args := []string{"--dataset_path", write(t, filepath.Join(dir, "in.jsonl"), `{"text":"Hello, world!"}`+"\n"), "--export_path", filepath.Join(dir, "out.jsonl"), "--perplexity_filter.max_ppl", "100"}
	own, err := models.OwnFolder()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"en.sp.model", "en.arpa.bin"} {
		missing := "perplexity_filter: the model " + name + " isn't in " + own
		remedy := "corpusmill models pull " + name + " fetches it"
		corpusmill(t, append([]string{"check"}, args...)...).want(t, 0, "note: ", missing, remedy)
		corpusmill(t, append([]string{"process"}, args...)...).want(t, exitFailure, missing, remedy)
		o := corpusmill(t, "models", "pull", name)
		o.want(t, 0)
		o.wantOut(t, filepath.Join(own, name), "SHA-256 ")
	}
	corpusmill(t, append([]string{"process"}, args...)...).want(t, 0)
	if o := corpusmill(t, append([]string{"check"}, args...)...); o.code != 0 || strings.Contains(o.stderr, "model") {
		t.Errorf("exit %d, %s", o.code, o.stderr)
	}
	o := corpusmill(t, "models", "pull", "en.sp.model", "zh.sp.model", "--json")
	o.want(t, 0, "note: en.sp.model is there already: "+own)
	var got []pulled
	if err := json.Unmarshal([]byte(o.stdout), &got); err != nil || len(got) != 2 || got[0].Fetched || got[0].Path != filepath.Join(own, "en.sp.model") ||
		!got[1].Fetched || got[1].Source != m.URL+"/zh.sp.model" || got[1].Size != 253622 {
		t.Errorf("%v: %s", err, o.stdout)
	}
	corpusmill(t, "models", "pull", "en.sp.model", "--force", "-q").want(t, 0)
}

func TestModelsPullFails(t *testing.T) {
	noModels(t)
	folder := filepath.Join(t.TempDir(), "models")
	m := mirror(t, map[string][]byte{"stopwords.json": []byte("<html>log in</html>")})
	closed := mirror(t, nil)
	closed.Close()
	for _, x := range []struct {
		args []string
		code int
		want []string
	}{
		{[]string{"--mirror", m.URL, "fr.sp.model"}, exitFailure, []string{m.URL + "/fr.sp.model: 404 Not Found", "put it into " + folder}},
		{[]string{"--mirror", m.URL, "stopwords.json"}, exitFailure, []string{"a web page came"}},
		{[]string{"--mirror", m.URL, "lid.176.bin"}, exitFailure, []string{"it has 1335945 bytes, the published lid.176.bin 131266198"}},
		{[]string{"--mirror", closed.URL, "lid.176.bin"}, exitFailure, []string{"no network: ", "connection refused", "Or fetch " + closed.URL + "/lid.176.bin on another machine"}},
		{[]string{"lid.167.bin"}, exitUsage, []string{"did you mean lid.176.bin?"}},
		{[]string{"en.sp.mdoel"}, exitUsage, []string{"did you mean en.sp.model?"}},
		{[]string{"something"}, exitUsage, []string{`there is no model "something"; corpusmill models list has them`}},
		{[]string{"../x.sp.model"}, exitUsage, []string{"there is no model"}},
		{[]string{}, exitUsage, []string{"models pull needs the name of a model"}},
		{[]string{"--from", "a", "en.sp.model", "zh.sp.model"}, exitUsage, []string{"--from is for one model"}},
		{[]string{"--form", "a", "en.sp.model"}, exitUsage, []string{"there is no flag --form"}},
	} {
		o := corpusmill(t, append([]string{"models", "pull", "--models", folder}, x.args...)...)
		o.want(t, x.code, x.want...)
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) > 0 {
		t.Errorf("the folder has %v, %v", files, err)
	}
	corpusmill(t, "models").want(t, exitUsage, "models list")
	corpusmill(t, "models", "list", "lid.176.bin").want(t, exitUsage, "takes no names")
	// Another version is taken when it is asked for by its place.
	o := corpusmill(t, "models", "pull", "--models", folder, "lid.176.bin", "--from", "../../testdata/models/lid.176.bin")
	o.want(t, 0)
	o.wantOut(t, "not the published file")
}

func TestModelsList(t *testing.T) {
	noModels(t)
	folder := scratch.Dir(t)
	m := mirror(t, nil)
	corpusmill(t, "models", "pull", "--models", folder, "--mirror", m.URL, "en.sp.model", "zh.arpa.bin").want(t, 0)
	write(t, filepath.Join(folder, "other.file"), "x")
	t.Setenv("CORPUSMILL_MODELS", folder+":../../testdata/models")
	model := filepath.Join(folder, "en.sp.model")
	list := func(verify ...string) (l modelList, o outcome) {
		t.Helper()
		o = corpusmill(t, append([]string{"models", "list", "--json"}, verify...)...)
		if err := json.Unmarshal([]byte(o.stdout), &l); err != nil {
			t.Fatalf("%v in %s", err, o.stdout)
		}
		return l, o
	}
	verdicts := func(l modelList) string {
		var out []string
		for _, m := range l.Models {
			for _, f := range m.Files {
				out = append(out, fmt.Sprintf("%s %s", f.Name, f.Verified))
			}
		}
		return strings.Join(out, "\n")
	}
	l, o := list("--verify")
	o.want(t, 0)
	if got, want := verdicts(l), "lid.176.bin another version than the published one\nen.sp.model as fetched\nzh.sp.model nothing to compare with\nzh.arpa.bin as fetched\nen.arpa.bin nothing to compare with"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if l.Folders[0] != folder || l.Models[2].Files[0].Path != model {
		t.Errorf("folders %q, files %+v", l.Folders, l.Models[2].Files)
	}
	if hash, err := models.Hash(model); err != nil || l.Models[2].Files[0].XXH3 != hash {
		t.Errorf("%v: %+v, want %s", err, l.Models[2].Files[0], hash)
	}
	o = corpusmill(t, "models", "list")
	o.want(t, 0)
	o.wantOut(t, "lid.176.bin", "131,266,198", "CC-BY-SA-3.0", "language_id_score_filter", "{lang}.sp.model", model, "folders, in the order", folder, "stopwords.json")
	write(t, model, read(t, model)+"x")
	o = corpusmill(t, "models", "list", "--verify")
	o.want(t, exitAccount, model+": changed since the file was fetched")
	o.wantOut(t, "CHANGED since it was fetched")
}

// TestModelsOperators holds that the catalogue names operators that exist.
func TestModelsOperators(t *testing.T) {
	for _, m := range models.Catalogue() {
		for _, name := range m.Operators {
			if _, ok := op.Lookup(name); !ok {
				t.Errorf("%s is used by %s, which isn't there", m.Name, name)
			}
		}
	}
}

// TestModelsPullKilled kills a pull in the middle, or stops it, and gives the
// same command again.
func TestModelsPullKilled(t *testing.T) {
	noModels(t)
	var list strings.Builder
	list.WriteString(`{"en":["the"`)
	for i := 0; list.Len() < 40<<20; i++ {
		fmt.Fprintf(&list, `,"word%d"`, i)
	}
	list.WriteString("]}")
	file := []byte(list.String())
	for _, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGINT, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			folder := scratch.Dir(t)
			var sent atomic.Int64
			goOn := make(chan struct{})
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("ETag", `"words"`)
				http.ServeContent(&paused{w, &sent, 36 << 20, goOn}, r, "", time.Time{}, bytes.NewReader(file))
			}))
			defer s.Close()
			args := []string{"models", "pull", "stopwords.json", "--models", folder, "--mirror", s.URL, "--json"}
			c, wait := begin(t, args)
			state := filepath.Join(folder, "stopwords.json.part.json")
			until(t, "no checkpoint comes", func() bool {
				b, err := os.ReadFile(state)
				var s struct{ Have int64 }
				return err == nil && json.Unmarshal(b, &s) == nil && s.Have >= 16<<20
			})
			c.Process.Signal(sig)
			o := wait()
			if sig == syscall.SIGKILL {
				if o.code != -1 {
					t.Fatalf("it ended before it was killed: exit %d: %s", o.code, o.stderr)
				}
			} else {
				o.want(t, 128+int(sig), "stopped; what has come of stopwords.json is kept in "+folder+": give the same command to go on")
			}
			if exists(filepath.Join(folder, "stopwords.json")) {
				t.Fatal("half a model has its name")
			}
			close(goOn)
			sent.Store(0)
			o = corpusmill(t, args...)
			o.want(t, 0)
			if got := read(t, filepath.Join(folder, "stopwords.json")); got != string(file) {
				t.Errorf("%d bytes, want %d, or others", len(got), len(file))
			}
			var got []pulled
			if err := json.Unmarshal([]byte(o.stdout), &got); err != nil || len(got) != 1 || got[0].Resumed < 16<<20 || sent.Load() > int64(len(file))-got[0].Resumed+1<<20 {
				t.Errorf("%v, %d bytes sent again: %s", err, sent.Load(), o.stdout)
			}
		})
	}
}

// paused stops in the middle of a body, after stop bytes in all, until it may
// go on or the client is gone.
type paused struct {
	http.ResponseWriter
	sent *atomic.Int64
	stop int64
	goOn chan struct{}
}

func (p *paused) Write(b []byte) (int, error) {
	if p.sent.Add(int64(len(b))) > p.stop {
		<-p.goOn
	}
	return p.ResponseWriter.Write(b)
}

func TestTransferText(t *testing.T) {
	tr := &transfer{name: "m", now: func() int64 { return 2e9 }}
	for _, x := range []struct {
		report *fetch.Progress
		want   string
	}{
		{nil, "m: connecting"},
		{&fetch.Progress{Done: 10e6, Total: 100e6}, "m 10 %, 10.0 of 100.0 MB, 0.0 MB/s"}, // from an earlier fetch
		{&fetch.Progress{Done: 50e6, Total: 100e6}, "m 50 %, 50.0 of 100.0 MB, 20.0 MB/s, 3s left"},
		{&fetch.Progress{Done: 0, Total: -1}, "m 0.0 MB, 0.0 MB/s"}, // begun anew
		{&fetch.Progress{Done: 4e6, Total: -1}, "m 4.0 MB, 2.0 MB/s"},
		{&fetch.Progress{Done: 4e6, Total: 4e6}, "m 4.0 MB, checking"},
	} {
		if x.report != nil {
			tr.report(*x.report)
		}
		if got := tr.text(); got != x.want {
			t.Errorf("%+v: %q, want %q", x.report, got, x.want)
		}
	}
}
