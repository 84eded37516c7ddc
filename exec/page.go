package exec

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strconv"
)

// pageText is the template of report.html, over a Report.
//
//go:embed page.html
var pageText string

// pageRows are the most rows of a table of report.html; report.json has all.
const pageRows = 50

var pageFuncs = template.FuncMap{
	"count":   func(n any) string { return grouped(fmt.Sprint(n)) },
	"bytes":   inBytes,
	"seconds": func(s float64) string { return fmt.Sprintf("%.1f s", s) },
	"percent": func(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) },
	"share":   func(n, of int64) float64 { return ratio(float64(n), float64(of)) },
	"width":   func(share float64) string { return strconv.FormatFloat(100*min(max(share, 0), 1), 'f', 2, 64) },
	"sum":     func(a, b int64) int64 { return a + b },
	"deref":   func(f *float64) float64 { return *f },
	"head":    headRows,
	"more":    func(n int) int { return max(n-pageRows, 0) },
}

// writePage writes the report as one HTML file that needs no other, and no
// script.
func (r *Report) writePage(w io.Writer) error {
	t, err := template.New("report.html").Funcs(pageFuncs).Parse(pageText)
	if err != nil {
		return err
	}
	return t.Execute(w, r)
}

// headRows are the first rows of a table.
func headRows(list any) (any, error) {
	switch l := list.(type) {
	case []FileReport:
		return l[:min(len(l), pageRows)], nil
	case []OutputFile:
		return l[:min(len(l), pageRows)], nil
	case []ProcessReport:
		return l[:min(len(l), pageRows)], nil
	}
	return nil, fmt.Errorf("a %T is no table", list)
}

// grouped puts commas between the thousands of a whole number.
func grouped(digits string) string {
	sign := ""
	if len(digits) > 0 && digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// inBytes is a number of bytes in the unit that suits it.
func inBytes(n int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB"}
	v, u := float64(n), 0
	for ; v >= 1024 && u < len(units)-1; u++ {
		v /= 1024
	}
	if u == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", v, units[u])
}
