//go:build !race

package main

const raced = false // the race detector isn't on, which takes memory of its own
