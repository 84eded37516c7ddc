package recipe

import (
	"math"
	"strconv"
	"strings"
)

var sizeUnits = map[string]float64{
	"": 1, "b": 1,
	"k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6, "g": 1e9, "gb": 1e9, "t": 1e12, "tb": 1e12,
	"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
}

// ParseSize reads a number of bytes: "512", "64MiB" (powers of 1024), "2GB"
// (powers of 1000), in either case, with or without a space.
func ParseSize(s string) (int64, bool) {
	s = strings.TrimSpace(s)
	cut := strings.LastIndexAny(s, "0123456789.") + 1
	x, err := strconv.ParseFloat(s[:cut], 64)
	unit, ok := sizeUnits[strings.ToLower(strings.TrimSpace(s[cut:]))]
	if x *= unit; err != nil || !ok || x < 0 || x >= math.MaxInt64 {
		return 0, false
	}
	return int64(x), true
}

// FormatSize writes n with the largest unit that keeps it whole.
func FormatSize(n int64) string {
	for _, u := range []struct {
		name string
		size int64
	}{{"GiB", 1 << 30}, {"GB", 1e9}, {"MiB", 1 << 20}, {"MB", 1e6}, {"KiB", 1 << 10}, {"KB", 1e3}} {
		if n >= u.size && n%u.size == 0 {
			return strconv.FormatInt(n/u.size, 10) + u.name
		}
	}
	return strconv.FormatInt(n, 10)
}
