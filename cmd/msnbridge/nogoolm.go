//go:build !goolm

package main

// goolm tells whether the build has the library that Matrix encryption needs.
const goolm = false
