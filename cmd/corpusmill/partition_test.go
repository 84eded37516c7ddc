package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"corpusmill/internal/scratch"
	"corpusmill/partition"
	"corpusmill/storage"
)

// TestPartition shares out a compressed file and one of Parquet by the bytes and
// by a field, for hosts of which each then runs what it has.
func TestPartition(t *testing.T) {
	dir := scratch.Dir(t)
	data := rows(1<<20, 0)
	gz := write(t, filepath.Join(dir, "news.jsonl.gz"), string(packed(t, storage.Gzip, data)))
	table := write(t, filepath.Join(dir, "news.parquet"), string(asTable(t, data, "out.parquet")))
	want := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	slices.Sort(want)
	out := filepath.Join(dir, "shares")
	for _, x := range []struct {
		in, by string
		exact  bool
	}{{gz, "bytes", true}, {gz, "meta.n", true}, {table, "bytes", false}} {
		o := corpusmill(t, "partition", x.in, "-o", out, "--hosts", "gpu-a, gpu-b,10.0.0.7", "--by", x.by, "--json")
		o.want(t, 0)
		var r partition.Result
		if err := json.Unmarshal([]byte(o.stdout), &r); err != nil {
			t.Fatal(err)
		}
		var all []string
		for i, host := range []string{"gpu-a", "gpu-b", "10.0.0.7"} {
			if n := r.Nodes[i]; n.Name != host || n.File != "news_"+host+".jsonl" {
				t.Fatalf("node %d is %+v", i, n)
			}
			all = append(all, strings.Split(strings.TrimSuffix(read(t, filepath.Join(out, r.Nodes[i].File)), "\n"), "\n")...)
		}
		slices.Sort(all)
		if r.Imbalance > 1.01 || len(all) != len(want) || x.exact && !slices.Equal(all, want) {
			t.Errorf("%s by %s: %d rows of %d, imbalance %g", x.in, x.by, len(all), len(want), r.Imbalance)
		}
	}
	// A folder of shares is a dataset, whose list is passed over.
	corpusmill(t, "process", "--dataset_path", out, "--export_path", filepath.Join(dir, "all.jsonl"), "-q").want(t, 0)
	o := corpusmill(t, "partition", gz, table, "--output", out, "--nodes", "12")
	o.want(t, 0)
	o.wantOut(t, "node00 ", "node11 ", fmt.Sprintf("%s in %s; the node that has most has 1.0", counted(int64(2*len(want)), "row"), out))
	if !exists(filepath.Join(out, "shares_node07.jsonl")) || exists(filepath.Join(out, "news_gpu-a.jsonl")) {
		t.Error("the earlier shares weren't replaced")
	}
	for _, x := range []struct{ args, want string }{
		{"-o x --nodes 2", "partition what?"},
		{gz + " --nodes 2", "where to?"},
		{gz + " -o x", "among whom?"},
		{gz + " -o x --nodes 2 --hosts a,b", "among whom?"},
		{gz + " -o x --nodes 0", "--nodes takes a whole number"},
		{gz + " -o x --nodes 2 --max_row many", "--max_row takes a number of bytes"},
		{gz + " -o x --nodes 2 --np 4", "partition has no flag --np"},
	} {
		corpusmill(t, append([]string{"partition"}, strings.Fields(x.args)...)...).want(t, exitUsage, x.want)
	}
	corpusmill(t, "partition", gz, "-o", out, "--hosts", "a,,b").want(t, exitFailure, `"" is no name of a node`)
	corpusmill(t, "partition", gz, "-o", out, "--nodes", "2", "--by", "meta.m").want(t, exitFailure, `in the field "meta.m"`)
}
