package exec

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"

	"corpusmill/record"
)

// StatsKey is the member that holds a row's stats.
const StatsKey = "__dj__stats__"

// statsWriter renders stats as a JSON object with sorted keys.
type statsWriter struct {
	order []record.Slot
	keys  [][]byte // encoded, with the colon
	kinds []record.StatKind
}

func newStatsWriter(t *record.Stats) *statsWriter {
	w := &statsWriter{order: t.Sorted()}
	for _, s := range w.order {
		k, _ := json.Marshal(t.Name(s)) // a string always marshals
		w.keys = append(w.keys, append(k, ':'))
		w.kinds = append(w.kinds, t.Kind(s))
	}
	return w
}

// append appends {"name":value,...} with the stats that are set.
func (w *statsWriter) append(dst []byte, values []record.Value) []byte {
	dst = append(dst, '{')
	n := 0
	for i, s := range w.order {
		v := values[s]
		if !v.Set {
			continue
		}
		if n > 0 {
			dst = append(dst, ',')
		}
		n++
		dst = append(dst, w.keys[i]...)
		switch w.kinds[i] {
		case record.IntStat:
			dst = strconv.AppendInt(dst, v.Int, 10)
		case record.FloatStat:
			dst = appendFloat(dst, v.Float)
		case record.StringStat:
			dst = appendString(dst, v.Str)
		}
	}
	return append(dst, '}')
}

// appendString writes a JSON string. The words that stats are made of need no
// escapes.
func appendString(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			q, _ := json.Marshal(s) // a string always marshals
			return append(dst, q...)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}

// appendFloat writes the shortest number that reads back as f, with a point
// or an exponent so that readers see a float. JSON has no NaN and no infinity:
// they are null.
func appendFloat(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, "null"...)
	}
	start := len(dst)
	format := byte('f')
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e16) {
		format = 'e'
	}
	dst = strconv.AppendFloat(dst, f, format, -1, 64)
	if bytes.IndexByte(dst[start:], '.') < 0 && format == 'f' {
		dst = append(dst, ".0"...)
	}
	return dst
}
