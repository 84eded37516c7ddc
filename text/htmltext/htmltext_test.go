package htmltext

import (
	"bufio"
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

func textOf(s string) string {
	if Plain([]byte(s)) {
		return s
	}
	return string(Append(nil, AppendMarkedItems(nil, []byte(s))))
}

// TestVectors compares with what selectolax makes of random HTML, as
// testdata/record.py recorded it.
func TestVectors(t *testing.T) {
	f, err := os.Open("testdata/vectors.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	n := 0
	for ; sc.Scan(); n++ {
		var v [2]string
		if err := json.Unmarshal(sc.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		if got := textOf(v[0]); got != v[1] {
			t.Errorf("line %d: %q\ngot  %q\nwant %q", n+1, v[0], got, v[1])
		}
	}
	if n < 1000 {
		t.Errorf("%d vectors", n)
	}
}

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"":                                    "",
		" \n":                                 "",
		" a\r\nb\rc ":                         "a\nb\nc ",
		"a <":                                 "a <",
		"x < y && z":                          "x < y && z",
		"<title>t</title><p>a":                "a",
		"<style>s</style><p>a":                "a",
		"<p>a<style>s</style>":                "as",
		"<table>a<tr><td>b</table>":           "ab",
		"<table><tr><td>b</td></tr>a</table>": "ab",
		"<frameset><frame>a</frameset>":       "",
		"<pre>\na</pre>":                      "a",
		"<li>a<LI>b<li x>c</li></ol>":         "*abc",
		"a\x00b":                              "ab",
		"a<li>b":                              "a\n*b",
		"<noscript><link>c</noscript>d":       "cd",
		"x<noscript>a<b>c</b></noscript>d":    "xacd",
		"\ufeffa&notit;&#x80;&#0;":            "\ufeffa¬it;€\uFFFD",
	} {
		if got := textOf(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

// TestSource holds that texts in the order of the source are those of the tree
// wherever appendSource doesn't say that they may not be.
func TestSource(t *testing.T) {
	var alphabet []string
	for tag := range strings.FieldsSeq("html head body title script style meta link base noscript noframes iframe xmp noembed p div b i a " +
		"nobr font button form input h1 h2 ul li dl dt dd br hr img image center ruby rt rp object applet marquee custom-x address " +
		"listing table td select svg template blockquote main details summary frameset textarea pre bgsound basefont param wbr") {
		alphabet = append(alphabet, "<"+tag+">", "<"+tag+">", "</"+tag+">", "<"+tag+" x='<'/>")
	}
	for range 30 {
		alphabet = append(alphabet, "a", "é ", "\n", " ", "&amp;", "&lt", "<!-- x -->", "<!doctype html>", "</", "<![CDATA[x]]>", "<p>", "</p>", "</script>", "</title>", "</style>", "</iframe>")
	}
	rng := rand.New(rand.NewPCG(1, 2))
	exact := 0
	for range 300_000 {
		var b []byte
		for range rng.IntN(10) {
			b = append(b, alphabet[rng.IntN(len(alphabet))]...)
		}
		source, ok := appendSource(nil, b, true)
		if !ok {
			continue
		}
		exact++
		if tree, _ := appendTree(nil, b); !bytes.Equal(tree, source) {
			t.Fatalf("%q: %q in the tree, %q in the source", b, tree, source)
		}
	}
	if exact < 50_000 {
		t.Errorf("only %d texts were compared", exact)
	}
	if got := textOf("<html><head><title>t</title></head><body>" + strings.Repeat("<div>", 600) + "a<table>b"); got != "ab" {
		t.Errorf("got %q", got)
	}
}

// TestHard holds that no page of half a mebibyte takes long or much memory.
func TestHard(t *testing.T) {
	open := ""
	for i := range 500 {
		open += "<b x=" + string(rune('a'+i%26)) + string(rune('a'+i/26)) + ">"
	}
	for _, page := range []string{
		strings.Repeat("<", 1<<19), strings.Repeat("&", 1<<19), strings.Repeat("<p>", 1<<17), strings.Repeat("<table>a", 1<<16),
		strings.Repeat("<b>", 1<<17), strings.Repeat("<a>x", 1<<17), "<p>" + open + "</p>" + strings.Repeat("<p>x</p>", 1<<16),
		strings.Repeat("<!--", 1<<17), "<x " + strings.Repeat("a=b ", 1<<17), strings.Repeat("<svg>", 1<<17), strings.Repeat("<select>", 1<<16),
		strings.Repeat("<p><b><i><u>", 1<<15), strings.Repeat("<table><tr><td>", 1<<15) + "x", strings.Repeat("<b><p></b>", 1<<15),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		textOf(page)
		d := time.Since(start)
		runtime.ReadMemStats(&after)
		if mem := after.TotalAlloc - before.TotalAlloc; d > 10*time.Second || mem > 1<<30 {
			t.Errorf("%.20q...: %v, %d MB", page, d, mem>>20)
		}
	}
}

func BenchmarkText(b *testing.B) {
	page := []byte(strings.Repeat("<div class=\"row\"><h2>Title &amp; more</h2><p>The quick brown <b>fox</b> jumps over "+
		"the <a href=\"https://example.com/x\">lazy dog</a>, and so on until the line is long.</p></div>\n", 50))
	plain := []byte(strings.Repeat("The quick brown fox jumps over the lazy dog; 1 > 0.\n", 100))
	b.Run("page", func(b *testing.B) {
		var out []byte
		b.SetBytes(int64(len(page)))
		b.ReportAllocs()
		for b.Loop() {
			out = Append(out[:0], page)
		}
	})
	b.Run("plain", func(b *testing.B) {
		b.SetBytes(int64(len(plain)))
		for b.Loop() {
			if !Plain(plain) {
				b.Fatal("not plain")
			}
		}
	})
}
