package machine

import "testing"

func TestValueOf(t *testing.T) {
	text := "processor\t: 0\nmodel name\t: Some CPU: fast\nflags\t\t: a b\n"
	for key, want := range map[string]string{"model name": "Some CPU: fast", "flags": "a b", "name": ""} {
		if got := valueOf(text, key); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
}
