package minhash

const (
	// chunk is how many shingles are hashed before their hashes are used.
	chunk = 2048
	// block is how many hashes share one minimum under each permutation, and
	// are searched for where that came from.
	block = 64
	// lanes is what signatures are padded to: the widest vector.
	lanes = 16
	// strip is how many permutations stay in registers while all hashes pass.
	strip = 64
	// raise keeps a·x + b + raise, modulo 2^32, from being below the number
	// that it bounds: see leastDataJuicer.
	raise = 7
)

// leastXXH3 lowers the signature to the least of each permutation over the
// hashes.
func (s *Signer) leastXXH3() {
	for at, n := 0, 0; at < len(s.sig); at += n {
		n = stripAt(at, len(s.sig))
		blockMinima(s.mins, s.mul[at:at+n], s.add[at:at+n], s.hashes, len(s.hashes))
		for i, v := range s.sig[at : at+n] {
			s.sig[at+i] = min(v, s.mins[i])
		}
	}
}

// leastDataJuicer does the same for its family, without computing each
// permutation of each hash. With v = (a·x + b) mod 2^64, the permutation is
//
//	h = (v + v>>61) mod 2^32
//
// (the modulus's last subtraction never happens: TestNoLastSubtraction), which
// exceeds v mod 2^32 by 7 at most. So u = (v + 7) mod 2^32, which takes but a
// multiplication of 32 bits, bounds it: u-7 <= h <= u unless u < 7, and the
// least h is among those whose u is at most 7 above the least u. blockMinima
// finds the least u of each block; search computes h for the few that come
// into question.
func (s *Signer) leastDataJuicer() {
	n := len(s.hashes)
	if n < fewest() {
		exactMinima(s.sig, s.a, s.b, s.hashes)
		return
	}
	s.padHashes()
	for at, n := 0, 0; at < len(s.sig); at += n {
		n = stripAt(at, len(s.sig))
		sig, mul, add := s.sig[at:at+n], s.mul[at:at+n], s.add[at:at+n]
		a, b := s.a[at:at+n], s.b[at:at+n]
		blockMinima(s.mins, mul, add, s.hashes, block)
		// Few distinct shingles that come again and again are all in
		// question.
		if !search(sig, s.mins, mul, add, a, b, s.hashes, 8*n) {
			exactMinima(sig, a, b, s.hashes)
		}
	}
}

// padHashes fills the last block with the first hashes once more, which
// changes no minimum.
func (s *Signer) padHashes() {
	if over := len(s.hashes) % block; over != 0 {
		s.hashes = append(s.hashes, s.hashes[:block-over]...)
	}
}

// stripAt returns how many permutations of n are taken at once from at on.
func stripAt(at, n int) int {
	if n-at >= strip {
		return strip
	}
	return lanes
}

// permute is a permutation of the DataJuicer family.
func permute(a, b uint64, x uint32) uint32 {
	v := a*uint64(x) + b
	return uint32(v + v>>61)
}

// blockMinimaPortable puts the least of x*mul[i]+add[i] over each block of
// size of hashes into mins, the minima of one block next to each other.
func blockMinimaPortable(mins, mul, add, hashes []uint32, size int) {
	for len(hashes) > 0 {
		// Four at a time don't wait for each other.
		for i := 0; i < len(mul); i += 4 {
			m, a := (*[4]uint32)(mul[i:]), (*[4]uint32)(add[i:])
			m0, m1, m2, m3 := m[0], m[1], m[2], m[3]
			a0, a1, a2, a3 := a[0], a[1], a[2], a[3]
			var l0, l1, l2, l3 uint32 = Empty, Empty, Empty, Empty
			for _, x := range hashes[:size] {
				l0 = min(l0, x*m0+a0)
				l1 = min(l1, x*m1+a1)
				l2 = min(l2, x*m2+a2)
				l3 = min(l3, x*m3+a3)
			}
			*(*[4]uint32)(mins[i:]) = [4]uint32{l0, l1, l2, l3}
		}
		mins, hashes = mins[len(mul):], hashes[size:]
	}
}

// fewestPortable is for how many hashes the search through blocks pays.
const fewestPortable = 512

// searchPortable lowers sig to the least permutations of hashes, given the
// minima of their blocks. It gives up, and returns false, when more than most
// hashes come into question.
func searchPortable(sig, mins, mul, add []uint32, a, b []uint64, hashes []uint32, most int) bool {
	n := len(sig)
	for i := range sig {
		bound := uint32(Empty)
		for k := i; k < len(hashes)/block*n; k += n {
			bound = min(bound, mins[k])
		}
		if bound < raise {
			bound = Empty
		} else {
			bound = min(bound, sig[i], Empty-raise) + raise
		}
		for k := range len(hashes) / block {
			if mins[k*n+i] > bound {
				continue
			}
			for _, x := range hashes[k*block:][:block] {
				if x*mul[i]+add[i] > bound {
					continue
				}
				if most--; most < 0 {
					return false
				}
				sig[i] = min(sig[i], permute(a[i], b[i], x))
			}
		}
	}
	return true
}

// exactMinimaPortable lowers sig to the least permutations of hashes.
func exactMinimaPortable(sig []uint32, a, b []uint64, hashes []uint32) {
	for i := range sig {
		a, b, least := a[i], b[i], sig[i]
		for _, x := range hashes {
			least = min(least, permute(a, b, x))
		}
		sig[i] = least
	}
}
