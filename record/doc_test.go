package record

import (
	"fmt"
	"strings"
	"testing"

	"corpusmill/text"
)

func spans(b []byte, ss []text.Span) string {
	var out []string
	for _, s := range ss {
		out = append(out, string(s.Of(b)))
	}
	return fmt.Sprintf("%q", out)
}

func TestDoc(t *testing.T) {
	const in = "\"Hello\" \u00d8 - HELLO\tΑΣ.\xed\xa0\x80"
	var d Doc
	for range 2 { // answers from memory are the same
		d.Reset([]byte(in))
		for range 2 {
			if d.Runes() != 22 {
				t.Errorf("%d code points", d.Runes())
			}
			if got, want := string(d.Lower()), "\"hello\" \u00f8 - hello\tας.\xed\xa0\x80"; got != want {
				t.Errorf("lower case is %q, want %q", got, want)
			}
			if got, want := spans(d.Text(), d.Words()), fmt.Sprintf("%q", []string{`"Hello"`, "Ø", "-", "HELLO", "ΑΣ.\xed\xa0\x80"}); got != want {
				t.Errorf("words are %s, want %s", got, want)
			}
			if got, want := spans(d.Text(), d.Refined()), fmt.Sprintf("%q", []string{"Hello", "Ø", "HELLO", "ΑΣ.\xed\xa0\x80"}); got != want {
				t.Errorf("refined words are %s, want %s", got, want)
			}
			// ø is special, Ø is not.
			if got, want := spans(d.Lower(), d.Folded()), fmt.Sprintf("%q", []string{"hello", "hello", "ας.\xed\xa0\x80"}); got != want {
				t.Errorf("folded words are %s, want %s", got, want)
			}
			if got, want := spans(d.Text(), d.Lines()), fmt.Sprintf("%q", []string{in}); got != want {
				t.Errorf("lines are %s, want %s", got, want)
			}
			if got, want := d.Census(), (text.Census{Runes: 22, Alnum: 13, Special: 8}); got != want {
				t.Errorf("the census is %+v, want %+v", got, want)
			}
			ids := d.WordIDs()
			if len(ids) != 3 || ids[0] != ids[1] || ids[0] == ids[2] {
				t.Errorf("ids are %x", ids)
			}
		}
	}
	d.Reset([]byte("one Two"))
	if d.Runes() != 7 || len(d.WordIDs()) != 2 || string(d.Lower()) != "one two" || len(d.Lines()) != 1 || d.Census().Runes != 7 {
		t.Error("the Doc speaks of the text before")
	}
}

func TestDocAllocs(t *testing.T) {
	texts := [][]byte{
		[]byte(strings.Repeat("All is well. ", 100)), []byte("Σύ 中文 short"), nil, []byte(strings.Repeat("plain ascii ", 50)),
	}
	var d Doc
	all := func() {
		for _, b := range texts {
			d.Reset(b)
			d.WordIDs()
			d.Refined()
			d.Runes()
			d.Lines()
			d.Census()
		}
	}
	all()
	if n := testing.AllocsPerRun(50, all); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestDocShrinks holds that one huge text doesn't keep its memory for good.
func TestDocShrinks(t *testing.T) {
	var d Doc
	d.Reset([]byte(strings.Repeat("A ", 4<<20)))
	d.WordIDs()
	d.Lines()
	d.Reset([]byte("Small text É"))
	d.WordIDs()
	if c := cap(d.lower.mem) + cap(d.words.mem) + cap(d.refined.mem) + cap(d.folded.mem) + cap(d.ids.mem) + cap(d.lines.mem); c > 1000 {
		t.Errorf("%d elements are kept", c)
	}
}
