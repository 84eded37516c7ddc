// Package filter holds the operators that measure a record and judge it by
// what they measured, a file each.
package filter
