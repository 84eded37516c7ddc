// Package dedup holds the operators that drop records which say what an
// earlier one says, a file each.
package dedup
