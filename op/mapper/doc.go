// Package mapper holds the operators that change a record's text, a file each.
package mapper
