package synth

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash/maphash"
	"strings"
	"testing"
)

// TestSameBytes holds the corpus: results of different days and machines can
// be compared only while it stays. Whoever changes it raises Version.
func TestSameBytes(t *testing.T) {
	for _, test := range []struct {
		options Options
		want    string
	}{
		{Options{Seed: 1}, "847d1b9d2e0df889cbbc929762ef5b63e2322b9a389e300ad61397688ca5b171"},
		{Options{Seed: 2, Mean: 300, Distinct: true}, "4ff52427939d2dd69f91194bf686b070cd6b46382e239c0414c2023dfcaba85f"},
		{Options{Seed: 3, Mean: 300, Crowded: true}, "12d25be628e9dab2b1ad8015a8df2f6e923c2eefbef5fc5b758d7ce157fef61d"},
	} {
		g, h := New(test.options), sha256.New()
		var row []byte
		for range 2000 {
			row, _ = g.AppendRow(row[:0])
			h.Write(row)
		}
		if got := hex.EncodeToString(h.Sum(nil)); got != test.want {
			t.Errorf("%+v: SHA-256 of 2,000 rows is %s, want %s", test.options, got, test.want)
		}
	}
}

type parsed struct {
	ID   uint64
	Text string
	Meta struct{ Source, URL string }
}

func rows(t *testing.T, o Options, n int, each func(raw string, p parsed, r Row)) {
	t.Helper()
	g := New(o)
	var line []byte
	for range n {
		var r Row
		line, r = g.AppendRow(line[:0])
		var p parsed
		if err := json.Unmarshal(line, &p); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if strings.Count(string(line), "\n") != 1 || p.ID != r.ID {
			t.Fatalf("row %d: %s", r.ID, line)
		}
		each(string(line), p, r)
	}
}

func TestMix(t *testing.T) {
	const n = 20000
	var bytes, ascii, mail, link, astral int
	texts := map[uint64]string{}
	relations, kinds := map[Relation]int{}, map[Kind]int{}
	rows(t, Options{Seed: 7}, n, func(raw string, p parsed, r Row) {
		bytes += len(p.Text)
		relations[r.Relation]++
		kinds[r.Kind]++
		if strings.Contains(raw, `\u`) {
			ascii++
		}
		mail += strings.Count(p.Text, "@")
		link += strings.Count(p.Text, "https://")
		astral += strings.Count(p.Text, "🙂")
		switch r.Relation {
		case Original:
			texts[r.ID] = p.Text
		case Exact:
			if texts[r.Origin] != p.Text {
				t.Errorf("row %d is no copy of row %d", r.ID, r.Origin)
			}
		case Near:
			o := texts[r.Origin]
			if p.Text == o && o != "" || len(o) > 2000 && (len(p.Text) < len(o)*8/10 || len(p.Text) > len(o)*12/10) {
				t.Errorf("row %d (edit rate %d) and its origin %d have %d and %d bytes", r.ID, r.EditRate, r.Origin, len(p.Text), len(o))
			}
		}
		if _, ok := texts[r.Origin]; !ok || r.Origin > r.ID {
			t.Errorf("row %d: origin %d is no earlier original", r.ID, r.Origin)
		}
	})
	within := func(what string, got, want int) {
		t.Helper()
		if got < want*8/10 || got > want*12/10 {
			t.Errorf("%s: %d, want about %d", what, got, want)
		}
	}
	within("mean size", bytes/n, 2000)
	within("exact duplicates", relations[Exact], n*exactShare/1000)
	within("near duplicates", relations[Near], n*nearShare/1000)
	for _, k := range kindShares {
		if got := kinds[k.kind]; got < n*k.share/1500 || got > n*k.share/600 {
			t.Errorf("%s: %d rows, want about %d", k.kind, got, n*k.share/1000)
		}
	}
	for what, got := range map[string]int{"escaped rows": ascii, "e-mail addresses": mail, "links": link, "symbols outside the basic plane": astral} {
		if got < n/100 {
			t.Errorf("%s: %d in %d rows", what, got, n)
		}
	}
}

func TestCrowded(t *testing.T) {
	const n = 20000
	sizes := map[uint64]int{}
	rows(t, Options{Seed: 1, Mean: 100, Crowded: true}, n, func(_ string, _ parsed, r Row) { sizes[r.Origin]++ })
	counts := map[int]int{}
	for _, size := range sizes {
		counts[size]++
	}
	if sizes[0] < n/5 || sizes[0] > n*2/5 || counts[1] < n/3 || counts[2] < n/100 || len(counts) < 20 {
		t.Errorf("%d rows repeat the first; how many clusters there are by size: %v", sizes[0], counts)
	}
}

func TestDistinct(t *testing.T) {
	seen, seed := map[uint64]bool{}, maphash.MakeSeed()
	rows(t, Options{Seed: 1, Mean: 200, Distinct: true}, 20000, func(_ string, p parsed, r Row) {
		h := maphash.String(seed, p.Text)
		if seen[h] {
			t.Errorf("row %d: its text came before", r.ID)
		}
		seen[h] = true
	})
}

func TestMeanIsFollowed(t *testing.T) {
	for _, mean := range []int{100, 20000} {
		var bytes int
		rows(t, Options{Seed: 3, Mean: mean, Distinct: true}, 2000, func(_ string, p parsed, _ Row) { bytes += len(p.Text) })
		if got := bytes / 2000; got < mean*8/10 || got > mean*12/10 {
			t.Errorf("mean %d asked, %d made", mean, got)
		}
	}
}

func TestParseSize(t *testing.T) {
	for in, want := range map[string]int64{"4096": 4096, "100MB": 1e8, "1.5GB": 15e8, "64KiB": 65536, "1B": 1} {
		if got, err := ParseSize(in); err != nil || got != want {
			t.Errorf("%s: %d, %v; want %d", in, got, err, want)
		}
	}
	for _, in := range []string{"", "MB", "-1MB", "0", "NaN", "Inf", "1e30GB", "5 TB"} {
		if got, err := ParseSize(in); err == nil {
			t.Errorf("%q: %d, want an error", in, got)
		}
	}
}

func BenchmarkAppendRow(b *testing.B) {
	g := New(Options{Seed: 1})
	var row []byte
	var total int64
	b.ReportAllocs()
	for b.Loop() {
		row, _ = g.AppendRow(row[:0])
		total += int64(len(row))
	}
	b.SetBytes(total / int64(b.N))
}
