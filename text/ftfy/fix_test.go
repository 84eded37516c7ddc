package ftfy

import (
	"bufio"
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"corpusmill/text"
	"corpusmill/text/normal"
)

var forms = map[string]norm.Form{"NFC": norm.NFC, "NFD": norm.NFD, "NFKC": norm.NFKC, "NFKD": norm.NFKD}

// TestVectors compares with what the Python package makes of random garbled
// text, as testdata/record.py recorded it.
func TestVectors(t *testing.T) {
	f, err := os.Open("testdata/vectors.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fixers := map[string]*Fixer{}
	for name, form := range forms {
		fixers[name] = New(form)
	}
	sc := bufio.NewScanner(f)
	n, changes, wrong := 0, 0, 0
	for ; sc.Scan(); n++ {
		var v [3]wtf8
		if err := json.Unmarshal(sc.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		in, want := v[1], v[2]
		got, changed := fixers[string(v[0])].Append(nil, []byte(in))
		if !changed {
			got = []byte(in)
		}
		if string(got) != string(want) {
			wrong++
			t.Errorf("line %d: %s %q\ngot  %q\nwant %q", n+1, v[0], in, got, want)
			if wrong == 30 {
				t.Fatal("and so on")
			}
		}
		if in != want {
			changes++
		}
	}
	if n < 1000 || changes < n/3 {
		t.Errorf("%d vectors, of which %d change", n, changes)
	}
}

// TestSegments holds where a text is cut: at newlines, and in lines of more than
// a million code points.
func TestSegments(t *testing.T) {
	f := New(norm.NFC)
	fill := strings.Repeat("é", maxSegment-1)
	for _, c := range []struct{ in, want string }{
		{"Ã©\nÃ©", "é\né"},
		// Entities stay from the first line with a tag on.
		{"&lt;\n<b>&lt;\n&lt;", "<\n<b>&lt;\n&lt;"},
		{"&amp;lt; &lt;", "< <"},
		// A sequence that lies across the cut isn't seen whole.
		{fill + "Ã©", fill + "Ã©"},
		{fill[2:] + "Ã©", fill[2:] + "é"},
	} {
		got, changed := f.Append(nil, []byte(c.in))
		if !changed {
			got = []byte(c.in)
		}
		if string(got) != c.want {
			t.Errorf("%.60q became %.60q, want %.60q", c.in, got, c.want)
		}
	}
}

// TestLongNormalizer compares the two ways to normalise where both can do it,
// and holds that a text with many marks in a row isn't broken up.
func TestLongNormalizer(t *testing.T) {
	alphabet := []rune("aeAoıgk ;\u0301\u0300\u0323\u0327\u0338\u0345\u0308\u3099éǭộÅΩｶﾞ가각각ㄱ\u0f73\u0f71\u0344ﷺ中\U0002F800\U0001D15E\u09C7\u09BE")
	rng := rand.New(rand.NewPCG(1, 2))
	for name, form := range forms {
		n := normal.Long{Form: form}
		for range 20_000 {
			var b []byte
			for range rng.IntN(12) {
				b = utf8.AppendRune(b, alphabet[rng.IntN(len(alphabet))])
			}
			if got, want := n.Append(nil, b), form.Bytes(b); !bytes.Equal(got, want) {
				t.Fatalf("%s of %+q is %+q, want %+q", name, b, got, want)
			}
		}
	}
	in := "e" + strings.Repeat("\u0316\u0301", 50)
	got, _ := New(norm.NFC).Append(nil, []byte(in))
	if want := "é" + strings.Repeat("\u0316", 50) + strings.Repeat("\u0301", 49); string(got) != want {
		t.Errorf("got %+q", got)
	}
}

// TestHard gives texts that would take a long time if anything were quadratic
// in the length of a line.
func TestHard(t *testing.T) {
	f := New(norm.NFC)
	for _, unit := range []string{"&", "&amp;", "&a", "\x1b[", "\x1b[1;", "Ã", "Ã ", "Ã©", "ÃƒÂ©", "â€", "\u0301", "\u0316\u0301", "\u0081", "\r", "Ù…", "é", "“", "，", "\xed\xa0\x80"} {
		for _, tail := range []string{"", "\n", "中"} {
			b := []byte(strings.Repeat(unit, (1<<19)/len(unit)) + tail)
			start := time.Now()
			f.Append(nil, b)
			if d := time.Since(start); d > 20*time.Second {
				t.Errorf("%d times %q and %q took %v", (1<<19)/len(unit), unit, tail, d)
			}
		}
	}
}

func BenchmarkFixer(b *testing.B) {
	for name, unit := range map[string]string{
		"ascii":    "The quick brown fox, at 10:30, jumps over the lazy dog & runs.\n",
		"french":   "Dès Noël où un zéphyr haï me vêt de glaçons würmiens, je dîne.\n",
		"russian":  "Съешь же ещё этих мягких французских булок, да выпей чаю.\n",
		"chinese":  "今天天气很好我们去公园玩吧。\n",
		"mixed":    "The quick brown fox, at 10:30, jumps over the lazy dog and runs away.\nНе знаю。\n",
		"quotes":   "He said: “It’s fine”, and then we went on to the other side of it.\n",
		"width":    "今天天气很好，我们去公园玩吧！\n",
		"mojibake": "Le cafÃ© est trÃ¨s bon, donâ€™t you think?\n",
	} {
		b.Run(name, func(b *testing.B) {
			f := New(norm.NFC)
			in := []byte(strings.Repeat(unit, 4000/len(unit)))
			var out []byte
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			for b.Loop() {
				out, _ = f.Append(out[:0], in)
			}
		})
	}
}

// wtf8 is a JSON string that may hold lone surrogates.
type wtf8 string

func (s *wtf8) UnmarshalJSON(b []byte) error {
	var out []byte
	in := string(b[1 : len(b)-1])
	for in != "" {
		if !strings.HasPrefix(in, `\`) {
			out = append(out, in[0])
			in = in[1:]
			continue
		}
		unit, n := "", 2
		if in[1] == 'u' {
			n = 6
		}
		unit, in = in[:n], in[n:]
		var r rune
		if n == 6 {
			r = hex4(unit[2:])
			if r>>10 == 0xD800>>10 && strings.HasPrefix(in, `\u`) {
				if low := hex4(in[2:6]); low>>10 == 0xDC00>>10 {
					r = 0x10000 + (r-0xD800)<<10 + low - 0xDC00
					in = in[6:]
				}
			}
		} else {
			var one string
			if err := json.Unmarshal([]byte(`"`+unit+`"`), &one); err != nil {
				return err
			}
			r = rune(one[0])
		}
		out = text.Append(out, r)
	}
	*s = wtf8(out)
	return nil
}

func hex4(s string) rune {
	r := rune(0)
	for _, c := range []byte(s) {
		d := c - '0'
		if d > 9 {
			d = c | 0x20 - 'a' + 10
		}
		r = r<<4 | rune(d)
	}
	return r
}
