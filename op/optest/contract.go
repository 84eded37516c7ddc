package optest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"corpusmill/op"
	"corpusmill/record"
	"corpusmill/text"
)

// Contract tests what holds for every operator: its spec is complete, its
// examples hold, and for each set of parameters that the examples use, the
// result depends on the row alone, no text makes it panic or corrupts it, and
// common texts cost no allocation.
func Contract(t *testing.T, name string) {
	spec, ok := op.Lookup(name)
	if !ok {
		t.Fatalf("no operator is named %q", name)
	}
	t.Run("spec", func(t *testing.T) { checkSpec(t, spec) })
	params := []string{"{}"}
	for i, e := range spec.Examples {
		t.Run(fmt.Sprintf("example%d", i), func(t *testing.T) { checkExample(t, spec, e) })
		if e.Params != "" {
			params = append(params, e.Params)
		}
	}
	for i, p := range params {
		t.Run(fmt.Sprintf("params%d", i), func(t *testing.T) {
			t.Run("repeat", func(t *testing.T) { checkRepeat(t, name, p) })
			t.Run("instances", func(t *testing.T) { checkInstances(t, name, p) })
			t.Run("texts", func(t *testing.T) { checkTexts(t, name, p) })
		})
	}
	t.Run("allocs", func(t *testing.T) { checkAllocs(t, name) })
	t.Run("unknown parameter", func(t *testing.T) {
		if _, err := Open(name, `{"no_such_parameter":1}`); err == nil {
			t.Error("accepted")
		}
	})
}

func checkSpec(t *testing.T, spec op.Spec) {
	if !strings.HasSuffix(spec.Summary, ".") || strings.ContainsAny(spec.Summary, "\n") {
		t.Errorf("the summary is no sentence: %q", spec.Summary)
	}
	if spec.Doc == "" {
		t.Error("no doc")
	}
	for _, s := range spec.Stats {
		if s.Name == "" || s.Doc == "" {
			t.Errorf("stat %+v lacks a name or a doc", s)
		}
	}
	for _, p := range spec.Params {
		if p.Doc == "" || !json.Valid(p.Default) {
			t.Errorf("parameter %s lacks a doc or a default", p.Name)
		}
	}
	if spec.ScratchPerByte < 0 {
		t.Errorf("scratch per byte is %v", spec.ScratchPerByte)
	}
}

func checkExample(t *testing.T, spec op.Spec, e op.Example) {
	s := open(t, spec.Name, e.Params)
	rows := run(t, s, e.In)
	var got []string
	for i, r := range rows {
		if r.Err != nil {
			t.Fatalf("row %d: %v", i, r.Err)
		}
		for slot := range s.Stats.Len() {
			name := s.Stats.Name(record.Slot(slot))
			if _, ok := r.Stats[name]; !ok {
				t.Errorf("row %d: stat %s is not set", i, name)
			}
			if !slices.ContainsFunc(spec.Stats, func(s op.Stat) bool { return s.Name == name }) {
				t.Errorf("the stat %s is not declared", name)
			}
		}
		if r.Kept {
			got = append(got, r.JSON)
		}
	}
	if g := strings.Join(got, "\n"); g != strings.TrimSuffix(e.Want, "\n") {
		t.Errorf("%s\ngot  %s\nwant %s", e.Doc, g, e.Want)
	}
}

// checkRepeat runs the same rows twice through one instance.
func checkRepeat(t *testing.T, name, params string) {
	s := open(t, name, params)
	rows := Texts(s.Fields, s.Key, sampleTexts()...)
	first, err := s.Run(rows)
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.Run(rows)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, first, second)
}

// checkInstances runs two instances in turn, one of them in reverse order.
func checkInstances(t *testing.T, name, params string) {
	a := open(t, name, params)
	b, err := a.Another(1)
	if err != nil {
		t.Fatal(err)
	}
	rows := Texts(a.Fields, a.Key, sampleTexts()...)
	want, err := a.Run(rows)
	if err != nil {
		t.Fatal(err)
	}
	a.Forget()
	for i := range want {
		for s, k := range map[*Step]int{a: i, b: len(want) - 1 - i} {
			one, err := s.Run(only{rows, k})
			if err != nil {
				t.Fatal(err)
			}
			if s.Spec.Kind == op.KindDeduplicator { // which one is first depends on the order
				one[0].Kept, one[0].JSON, one[0].Changes = want[k].Kept, want[k].JSON, want[k].Changes
			}
			compare(t, want[k:k+1], one)
		}
	}
}

// checkTexts runs texts of all kinds. The operator may refuse one only if the
// spec says that it can.
func checkTexts(t *testing.T, name, params string) {
	s := open(t, name, params)
	rng := rand.New(rand.NewPCG(1, 2))
	texts := append(sampleTexts(), edgeTexts()...)
	for range 300 {
		texts = append(texts, randomText(rng))
	}
	rows := Texts(s.Fields, s.Key, texts...)
	for i, in := range texts {
		_, _, err := s.One(rows, i)
		switch {
		case err != nil && !s.Spec.CanFail:
			t.Errorf("%.60q: refused: %v", in, err)
		case err == nil && s.Spec.Kind == op.KindMapper && !text.Valid(s.Text()):
			t.Errorf("%.60q became invalid: %.60q", in, s.Text())
		case s.Spec.Kind != op.KindMapper && s.record.Changes() > 0:
			t.Errorf("%.60q: changed by a %s", in, s.Spec.Kind)
		case err == nil && s.Spec.Kind == op.KindDeduplicator:
			checkDeduplicator(t, s, rows, i)
		}
	}
}

// checkDeduplicator tests what one row shows: it has keys, is like itself, and
// is valid without some of its parts and without all of them.
func checkDeduplicator(t *testing.T, s *Step, rows record.Rows, i int) {
	if c, ok := s.instance.(op.Comparer); ok {
		p, err := c.Payload(s.record, nil)
		if similarity, same := c.Similarity(p, p); err != nil || similarity != 1 || !same {
			t.Errorf("row %d has the similarity %v to itself, the same %v (%v)", i, similarity, same, err)
		}
	}
	if _, ok := s.instance.(op.Trimmer); !ok {
		if len(s.keys) == 0 {
			t.Errorf("row %d has no key", i)
		}
		return
	}
	size := len(s.Text())
	for step := 1; step < 3; step++ {
		var parts []uint32
		for p := 0; p < len(s.keys); p += step {
			parts = append(parts, uint32(p))
		}
		if err := s.Trim(rows, i, parts); err != nil {
			t.Errorf("row %d: %d parts of %d: %v", i, len(parts), len(s.keys), err)
		}
		if b := s.Text(); !text.Valid(b) || len(b) > size {
			t.Errorf("row %d without %d parts of %d: %.60q", i, len(parts), len(s.keys), b)
		}
	}
}

func checkAllocs(t *testing.T, name string) {
	s := open(t, name, "{}")
	rows := Texts(s.Fields, s.Key, sampleTexts()...)
	all := func() {
		for i := range rows.Len() {
			if _, _, err := s.One(rows, i); err != nil && !s.Spec.CanFail {
				t.Fatal(err)
			}
		}
	}
	all() // buffers grow
	all()
	if n := testing.AllocsPerRun(20, all); n != 0 {
		t.Errorf("%v allocations for %d rows", n, rows.Len())
	}
}

func open(t testing.TB, name, params string) *Step {
	t.Helper()
	s, err := Open(name, params)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("closed again: %v", err)
		}
	})
	return s
}

func run(t testing.TB, s *Step, jsonl string) []Row {
	t.Helper()
	rows, err := s.Run(Lines(s.Fields, jsonl))
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func compare(t *testing.T, want, got []Row) {
	t.Helper()
	for i := range want {
		if fmt.Sprint(want[i].Err) != fmt.Sprint(got[i].Err) {
			t.Errorf("row %d: error %v, then %v", i, want[i].Err, got[i].Err)
			continue
		}
		want[i].Err, got[i].Err = nil, nil
		if !reflect.DeepEqual(want[i], got[i]) {
			t.Errorf("row %d: %+v, then %+v", i, want[i], got[i])
		}
	}
}

// sampleTexts are of the common kinds, some of them alike.
func sampleTexts() [][]byte {
	var out [][]byte
	for _, s := range []string{
		"", "a", "Hello, world!", "hello world",
		"The quick  brown\tfox\njumps over the lazy dog.\r\nThe quick brown fox jumps over the lazy dog again and again.",
		"Write to foo.bar+baz@example.co.uk or see https://example.com/a_(b)?c=d#e, www.example.org and (example.net/x).",
		"中文测试：今天天气很好，我们去公园玩吧！\u3000你好。你好。",
		"ΑΣ ΣΑΣ, İstanbul Øl Ⅷ STRASSE straße",
		"مرحبا بالعالم ١٢٣ שלום עולם",
		"👨‍👩‍👧‍👦 🇨🇳 👍🏽 ❤️ 1️⃣ end",
		" \u00a0trim me\u2003",
		strings.Repeat("spam and eggs ", 40),
	} {
		out = append(out, []byte(s))
	}
	return out
}

// edgeTexts are of the kinds that break programs.
func edgeTexts() [][]byte {
	const mebi = 1 << 20
	out := [][]byte{
		{0}, []byte("a\x00b@c.d\x00"), []byte(" \t\r\n\v\f\x1c\x1f\u0085\u2029\u3000"),
		[]byte("\xed\xa0\x80"), []byte("a\xed\xa0\x80@\xed\xbf\xbf.b \xed\xb0\x80\xed\xa0\x80"),
		[]byte("\u202eabc\u202c \u0645@b.c"), []byte("\U0010FFFF\uFFFD\uFFFE"), []byte("@.:/(" + strings.Repeat("(", 500)),
	}
	for _, unit := range []string{"a", " ", "@", "(", ":", "/", "w", "-", "a-", "a b ", "é", "中", "\u3000", "😀", "www.", "a@a.", "a:/(", "\xed\xa0\x80"} {
		out = append(out, bytes.Repeat([]byte(unit), mebi/len(unit)))
	}
	return out
}

// randomText draws from an alphabet in which most things mean something to
// some operator.
func randomText(rng *rand.Rand) []byte {
	alphabet := []rune("aZ09 \t\n\r.,:;/@-_+%()<>[]{}!?'\"`#&=~\\|\x00\x7f\u0085\u00a0«»éßİıſKΣσς’“中。\u3000\u200b\u2028١😀👍\U0001F3FD\uFFFD")
	var b []byte
	for range rng.IntN(60) {
		switch rng.IntN(12) {
		case 0:
			b = append(b, "www."...)
		case 1:
			b = append(b, "http://"...)
		case 2:
			r := rune(rng.IntN(utf8.MaxRune + 1))
			b = text.Append(b, r)
		default:
			b = utf8.AppendRune(b, alphabet[rng.IntN(len(alphabet))])
		}
	}
	return b
}
