package pyregex

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestCompileAnything holds that no pattern or replacement makes Compile panic
// and that what is refused is refused with an *Error.
func TestCompileAnything(t *testing.T) {
	items := strings.Fields(`( ) (?: (?= (?! (?<= (?<! (?> (?P<n> (?P=n) (?(1) (?i) (?i: (?x) (?-i: (?# (?a) (?u) [ ] [^ - a z 0 i \ \\ \b \W \d \p{L} \p \x4 \1 \g<1> \g<n>` +
		` { } {1 {1,2} {,} {,3} , * + ? | . ^ $ # é 中 & [: :] {e<2} {99999}`)
	rng := rand.New(rand.NewPCG(11, 12))
	compiled := 0
	for range 20_000 {
		var b strings.Builder
		for range rng.IntN(12) {
			b.WriteString(items[rng.IntN(len(items))])
		}
		re, err := Compile(b.String(), Flags{})
		if err == nil {
			compiled++
			_, err = re.Template(b.String())
		}
		var e *Error
		if err != nil && !errors.As(err, &e) {
			t.Errorf("%q: the error is a %T: %v", b.String(), err, err)
		}
	}
	if compiled < 1000 {
		t.Errorf("only %d patterns were accepted", compiled)
	}
}

func TestCompileNesting(t *testing.T) {
	deep := strings.Repeat("(", maxNesting+1) + strings.Repeat(")", maxNesting+1)
	if _, err := Compile(deep, Flags{}); err == nil || !strings.Contains(err.Error(), "nest") {
		t.Errorf("the error is %v", err)
	}
	if _, err := Compile(strings.Repeat("(", 100)+strings.Repeat(")", 100), Flags{}); err != nil {
		t.Error(err)
	}
	if _, err := Compile("\xed\xa0\x80", Flags{}); err == nil {
		t.Error("a surrogate is accepted")
	}
	if _, err := Compile("(?a)(?u)x", Flags{}); err == nil || !strings.Contains(err.Error(), "contradict") {
		t.Errorf("the error is %v", err)
	}
}

// TestEngine holds which patterns run in linear time, and what a text must
// hold for any of them to be run at all.
func TestEngine(t *testing.T) {
	for _, c := range []struct {
		pattern string
		linear  bool
		holds   string
	}{
		{`\w+@\w+`, true, "@"},
		{`(?:https?|ftp)://\S+`, true, "://"},
		{`(?m)^abc$`, true, "abc"},
		{`ab*c`, true, "a"},
		{`ab|cd`, true, ""},
		{`(ab|cd)e`, true, "e"},
		{`(?i)abc`, true, ""},
		{`(?x)ab *c`, true, ""},
		{`a{2}bc`, true, "bc"},
		{`\bfoo\b`, false, "foo"},
		{`foo$`, false, "foo"},
		{`(a)\1`, false, ""},
		{`a++b`, false, "b"},
		{`x*`, false, ""},
		{`[^\Wa]b`, false, "b"},
	} {
		re, err := Compile(c.pattern, Flags{})
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		if re.Linear() != c.linear || string(re.holds) != c.holds {
			t.Errorf("%s: linear %v, holds %q; want %v, %q", c.pattern, re.Linear(), re.holds, c.linear, c.holds)
		}
	}
}
