package normal

import (
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

var forms = []norm.Form{norm.NFC, norm.NFD, norm.NFKC, norm.NFKD}

// random makes texts of characters that forms change, with runs of marks that
// are short enough for norm to treat them as Unicode does.
func random(r *rand.Rand) string {
	parts := []string{"a", "e\u0301", "\u00e9", "\u1e9b\u0323", "\uac00", "\u1100\u1161\u11a8", "\uff21", "\ufb01", " ", "\u212b", "\u0344",
		"\u0f73\u0f71", "o\u0323\u0302", "\u0301", "\u0940", "x\u0327\u0301", "日", "\u0958", "plain ASCII text "}
	var s strings.Builder
	for range r.IntN(12) {
		s.WriteString(parts[r.IntN(len(parts))])
	}
	return s.String()
}

func TestAppend(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var n Former
	for range 20_000 {
		s := random(r)
		for _, f := range forms {
			want := f.String(s)
			if got := string(n.Append(f, nil, []byte(s))); got != want {
				t.Fatalf("form %d of %q: %q, want %q", f, s, got, want)
			}
			long := Long{Form: f}
			if got := string(long.Append(nil, []byte(s))); got != want {
				t.Fatalf("form %d of %q, in the long way: %q, want %q", f, s, got, want)
			}
		}
	}
}

func TestManyMarks(t *testing.T) {
	var n Former
	s := "xe" + strings.Repeat("\u0323", 40) + strings.Repeat("\u0301", 40) + "y"
	want := "x\u1eb9" + strings.Repeat("\u0323", 39) + strings.Repeat("\u0301", 40) + "y"
	if got := string(n.Append(norm.NFC, nil, []byte(s))); got != want {
		t.Errorf("%+q, want %+q", got, want)
	}
}

func TestAppendAllocatesNothing(t *testing.T) {
	var n Former
	b := []byte(strings.Repeat("e\u0301 o\u0323\u0302 \uff21 \uac00 plain ", 20) + strings.Repeat("\u0301", 50))
	var dst []byte
	all := func() {
		for _, f := range forms {
			dst = n.Append(f, dst[:0], b)
			dst = n.Append(f, dst[:0], b[:100])
		}
	}
	all()
	if a := testing.AllocsPerRun(10, all); a != 0 {
		t.Errorf("%v allocations", a)
	}
}
