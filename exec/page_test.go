package exec

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"corpusmill/plan"
)

const hostile = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>{{.}}</style></title>`

// hostilePage is a report that has as much of everything as a page shows, with
// texts that would be more than text.
func hostileReport() *Report {
	half := 0.5
	r := &Report{Project: hostile, Rows: Count{In: 1234567, Kept: 1000000, Filtered: 200000, Duplicate: 34000, Quarantined: 567}, Blank: 3, Bytes: 1 << 30, Digest: hostile}
	for i := range 40 {
		r.Steps = append(r.Steps, StepReport{Label: fmt.Sprint(hostile, i), Kind: "filter", Count: Count{In: 1234567, Kept: 1234566, Filtered: 1}, Reasons: []ReasonCount{{hostile, 1}}})
	}
	for range 3000 {
		r.Files = append(r.Files, FileReport{Path: hostile, FileCount: FileCount{Count: Count{In: 5, Kept: 5}}})
		r.Output = append(r.Output, OutputFile{Path: hostile, Sum: strings.Repeat("0", 32)})
	}
	member := ClusterRow{File: hostile, Text: strings.Repeat(hostile, 4)[:captureText], Similarity: &half}
	for range 3 {
		c := ClusterReport{Step: hostile, Clusters: 4, Rows: 9, Precision: &half, Sample: 7}
		for range largestClusters {
			c.Largest = append(c.Largest, LargeCluster{Rows: 9, Kept: member, Members: slices.Repeat([]ClusterRow{member}, clusterMembers)})
		}
		r.Clusters = append(r.Clusters, c)
	}
	r.Index = &IndexReport{Path: hostile, Rows: 1}
	r.Models = []plan.Model{{Name: hostile}}
	worker := ProcessReport{Host: hostile, PID: 7, Tasks: 3, MemoryMax: 1 << 20, GPUs: []GPUReport{{Name: hostile}}}
	r.Resources = &ResourceReport{Driver: worker, Workers: slices.Repeat([]ProcessReport{worker}, listedWorkers), Processes: 20000,
		Stages: []StageResources{{Stage: 1, Name: hostile}}, Steps: []StepResources{{Label: hostile}}}
	return r
}

// page is a report's page, parsed.
func page(t *testing.T, r *Report) (size int, root *html.Node) {
	t.Helper()
	var b bytes.Buffer
	if err := r.writePage(&b); err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return b.Len(), root
}

func TestPageEscapes(t *testing.T) {
	size, root := page(t, hostileReport())
	if size > 200<<10 {
		t.Errorf("the page has %d bytes", size)
	}
	texts := 0
	for n := range root.Descendants() {
		if n.Type == html.TextNode && strings.Contains(n.Data, "<script>alert(1)</script>") {
			texts++
		}
		if n.Type != html.ElementNode {
			continue
		}
		if slices.Contains([]string{"script", "img", "link", "iframe", "object", "svg"}, n.Data) {
			t.Errorf("the page has a %s", n.Data)
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "href" || a.Key == "style" && !strings.HasPrefix(a.Val, "width:") {
				t.Errorf("a %s has %s=%q", n.Data, a.Key, a.Val)
			}
		}
	}
	if texts < 300 {
		t.Errorf("%d of the texts are there", texts)
	}
}

// TestPageAgrees compares the figures of a page with the report's.
func TestPageAgrees(t *testing.T) {
	r := &Report{Project: "p", Digest: "abc", Rows: Count{In: 12345, Kept: 12000, Filtered: 300, Duplicate: 40, Quarantined: 5},
		Steps: []StepReport{
			{Label: "source", Count: Count{In: 12345, Kept: 12340, Quarantined: 5}},
			{Label: "f", Edited: 77, Count: Count{In: 12340, Kept: 12000, Filtered: 300, Duplicate: 40}, Reasons: []ReasonCount{{"below min", 300}, {"duplicate", 40}}},
		},
		Files:  []FileReport{{Path: "a.jsonl", FileCount: FileCount{Bytes: 4096, Count: Count{In: 12345, Kept: 12000, Filtered: 300, Duplicate: 40, Quarantined: 5}}}},
		Output: []OutputFile{{Path: "o.jsonl", Bytes: 2048, Rows: 12000, Sum: "s"}},
	}
	_, root := page(t, r)
	for id, want := range map[string][]string{
		"balance": {"12,345 rows in = 12,000 kept + 300 filtered + 40 duplicates + 5 quarantined; 0 B of input"},
		"digest":  {"abc"},
		"steps":   {"source", "12,345", "12,340", "0", "0", "5", "f", "12,340", "12,000", "77", "340", "0", "300 below min", "40 duplicate"},
		"inputs":  {"a.jsonl", "4,096", "12,345", "12,000", "300", "40", "5"},
		"output":  {"o.jsonl", "2,048", "12,000", "s"},
		"stages":  nil, // without resources
	} {
		if got := textsOf(root, id); !reflect.DeepEqual(got, want) {
			t.Errorf("#%s says %q, want %q", id, got, want)
		}
	}
	r.Resources = &ResourceReport{Stages: []StageResources{{Stage: 1, Name: "all", Seconds: 2, Processes: 3, Tasks: 4000, CPUSeconds: 5, Utilization: 0.5, MemoryMean: 1 << 20, MemoryMax: 2 << 20}}}
	_, root = page(t, r)
	if got, want := textsOf(root, "stages"), []string{"1: all", "2.0 s", "3", "4,000", "5.0 s", "50.0 %", "1.0 MiB", "2.0 MiB"}; !slices.Equal(got, want) {
		t.Errorf("the stages say %q, want %q", got, want)
	}
}

// textsOf are the texts below an element, but for a table's heads.
func textsOf(root *html.Node, id string) (out []string) {
	for n := range root.Descendants() {
		if !slices.Contains(n.Attr, html.Attribute{Key: "id", Val: id}) {
			continue
		}
		for d := range n.Descendants() {
			if text := strings.TrimSpace(d.Data); d.Type == html.TextNode && text != "" && d.Parent.Data != "th" {
				out = append(out, text)
			}
		}
	}
	return out
}
