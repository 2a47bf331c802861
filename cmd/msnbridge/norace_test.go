//go:build !race

package main

const importSize = 10_000
