//go:build race

package matrix

// underRace: tests run with the race detector, about ten times as slow.
const underRace = true
