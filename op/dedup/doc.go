// Package dedup holds the operators that drop records, or lines of them, that
// say what others say, a file each.
package dedup
