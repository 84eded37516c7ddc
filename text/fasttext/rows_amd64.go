package fasttext

import "golang.org/x/sys/cpu"

var hasAVX = cpu.X86.HasAVX

// addRows16 adds n rows to the 16 numbers at sum. A row begins at data plus
// its number times stride bytes.
//
//go:noescape
func addRows16(sum, data *float32, stride int, rows *int32, n int)

// addRows is addRowsPortable; each column's sum is taken in the same order.
func addRows(sum, data []float32, rows []int32) {
	if !hasAVX || len(sum) < 16 || len(rows) == 0 {
		addRowsPortable(sum, data, rows)
		return
	}
	whole := len(sum) &^ 15
	for at := 0; at < whole; at += 16 {
		addRows16(&sum[at], &data[at], 4*len(sum), &rows[0], len(rows))
	}
	if whole == len(sum) {
		return
	}
	rest := sum[whole:]
	for _, r := range rows {
		row := data[int(r)*len(sum)+whole:][:len(rest)]
		for i, v := range row {
			rest[i] += v
		}
	}
}
