//go:build !amd64

package fasttext

func addRows(sum, data []float32, rows []int32) { addRowsPortable(sum, data, rows) }
