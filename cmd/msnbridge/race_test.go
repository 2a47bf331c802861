//go:build race

package main

// importSize is smaller here: the race detector makes SQLite ten times as slow.
const importSize = 1_000
