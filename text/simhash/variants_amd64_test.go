package simhash

// variants are those that the processor has, the one in use first.
func variants() (out []variant) {
	set := func(name string, wide, narrow bool) {
		out = append(out, variant{name, func() { hasAVX512, hasAVX2 = wide, narrow }})
	}
	if processorAVX512 {
		set("AVX-512", true, processorAVX2)
	}
	if processorAVX2 {
		set("AVX2", false, true)
	}
	set("portable", false, false)
	return out
}

var processorAVX512, processorAVX2 = hasAVX512, hasAVX2
