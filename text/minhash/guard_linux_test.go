package minhash

import (
	"slices"
	"syscall"
	"testing"

	"corpusmill/text"
)

// TestReadsNothingBehind puts texts where the memory ends.
func TestReadsNothingBehind(t *testing.T) {
	page := syscall.Getpagesize()
	memory, err := syscall.Mmap(-1, 0, 2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Munmap(memory)
	if err := syscall.Mprotect(memory[page:], syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	for i := range page {
		memory[i] = byte(i * i)
	}
	s, err := New(DataJuicer, 17)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 1, 20, 55, 56, 63, 64, 65, 119, 120, 250, 1000} {
		buf := memory[page-n : page : page]
		var shingles []text.Span
		for long := 0; long <= min(n, sha1Longest); long++ {
			for _, start := range []int{n - long, (n - long) / 2, 0} {
				shingles = append(shingles, text.Span{Start: uint32(start), End: uint32(start + long)})
			}
		}
		want := naive(s, buf, shingles)
		eachVariant(t, func(name string) {
			sig := make([]uint32, s.Permutations())
			s.NewSigner().Sign(sig, buf, shingles)
			if !slices.Equal(sig, want) {
				t.Errorf("%s, %d bytes: %x, want %x", name, n, sig, want)
			}
		})
	}
}
