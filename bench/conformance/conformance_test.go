package main

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"corpusmill/op"
)

func source(seed uint64) *texts { return newTexts(rand.New(rand.NewPCG(seed, 0))) }

// TestTexts holds that texts follow from the seed, reach what they are for,
// and are read by our side as they were meant.
func TestTexts(t *testing.T) {
	a, b := source(1), source(1)
	var seen struct{ empty, surrogate, nul, wide, long int }
	for range 3000 {
		x := a.next()
		if y := b.next(); string(x.appendJSON(nil)) != string(y.appendJSON(nil)) {
			t.Fatalf("one seed gave %s and %s", x.appendJSON(nil), y.appendJSON(nil))
		}
		got, err := textOf(`{"text":` + string(x.appendJSON(nil)) + `}`)
		if err != nil {
			t.Fatal(err)
		}
		if back := decodeText(got); string(back.appendJSON(nil)) != string(x.appendJSON(nil)) && !x.hasPair() {
			t.Fatalf("%s was read as %s", x.appendJSON(nil), back.appendJSON(nil))
		}
		s := string(x)
		count := func(n *int, is bool) {
			if is {
				*n++
			}
		}
		count(&seen.empty, s == "")
		count(&seen.surrogate, x.hasSurrogate())
		count(&seen.nul, strings.ContainsRune(s, 0))
		count(&seen.wide, strings.ContainsRune(s, '中'))
		count(&seen.long, len(x) > 500)
	}
	if seen.empty < 50 || seen.surrogate < 100 || seen.nul < 50 || seen.wide < 100 || seen.long < 100 {
		t.Errorf("too few of a kind: %+v", seen)
	}
}

// hasPair says whether two surrogates make a character when they are written
// one after the other.
func (t text) hasPair() bool {
	for i := 1; i < len(t); i++ {
		if isHigh(t[i-1]) && isLow(t[i]) {
			return true
		}
	}
	return false
}

func TestHasSurrogate(t *testing.T) {
	for _, c := range []struct {
		text text
		want bool
	}{{text("a😀"), false}, {text{0xD800}, true}, {text{0xD83D, 0xDE00}, false}, {text{0xDE00, 0xD83D}, true}, {text{0xD83D, 0xD83D, 0xDE00}, true}} {
		if got := c.text.hasSurrogate(); got != c.want {
			t.Errorf("%x: %v", []rune(c.text), got)
		}
	}
}

// ownParams are ours alone; a run asks the peer which parameters it has.
var ownParams = []string{"hash", "verify", "target_recall", "against"}

// TestParams holds that our side takes what is drawn, and that drawing varies
// every parameter that isn't left out on purpose.
func TestParams(t *testing.T) {
	t.Chdir("../..")
	for _, name := range op.Names() {
		spec, _ := op.Lookup(name)
		spec = withParams(spec, func(p string) bool { return !slices.Contains(ownParams, p) })
		rng := rand.New(rand.NewPCG(1, 2))
		seen := map[string]map[string]bool{}
		for range 60 {
			params := randomParams(spec, rng)
			r, err := ours(request{Op: name, Params: encode(params), Rows: []json.RawMessage{[]byte(`{"text":"some text"}`)}})
			if err != nil || r.Error != "" {
				t.Fatalf("%s %s: %v %s", name, encode(params), err, r.Error)
			}
			for k, v := range params {
				if seen[k] == nil {
					seen[k] = map[string]bool{}
				}
				seen[k][string(encode(map[string]any{k: v}))] = true
			}
		}
		for _, p := range spec.Params {
			if strings.HasPrefix(p.Name, "min_") && (p.Type == op.TypeInt || p.Type == op.TypeFloat) && len(seen[p.Name]) < 5 {
				t.Errorf("%s: only %d values of %s", name, len(seen[p.Name]), p.Name)
			}
		}
	}
}

func TestSameStats(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{`{"x":1}`, `{"x":1.0000000001}`, true},
		{`{"x":1}`, `{"x":1.00001}`, false},
		{`{"x":1}`, `{"x":"1"}`, false},
		{`{"x":"en"}`, `{"x":"en"}`, true},
		{`{"x":1}`, `{"y":1}`, false},
		{`{"x":1}`, `{"x":1,"y":2}`, false},
	} {
		var a, b map[string]any
		if json.Unmarshal([]byte(c.a), &a) != nil || json.Unmarshal([]byte(c.b), &b) != nil {
			t.Fatal(c)
		}
		if got := sameStats(a, b, 1e-9); got != c.want {
			t.Errorf("%s and %s: %v", c.a, c.b, got)
		}
	}
}

func TestReport(t *testing.T) {
	r := report{Seed: 7, Cases: 100, Versions: map[string]string{"Python": "3"}, Missing: []string{"new_mapper"}, Operators: []tally{
		{operator: "a_filter", cases: 100, known: map[*rule]int{&rules[0]: 3}, disagreements: 1},
		{operator: "b_filter", cases: 50, known: map[*rule]int{&rules[0]: 2}},
	}}
	got := r.markdown()
	for _, want := range []string{
		"-seed 7 -cases 100", "| a_filter | 100 | 96 | 3 | 1 |\n", "| all | 150 | 144 | 5 | 1 |\n",
		"| " + rules[0].name + " | 5 |", "Data-Juicer has no new_mapper.",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}
