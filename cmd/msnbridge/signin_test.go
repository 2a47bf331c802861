package main

import (
	"strings"
	"testing"
)

// Whoever lets people sign in with their Matrix ID is told if there is no way to do it.
func TestSignInNeedsPassport(t *testing.T) {
	const table = "[matrix]\nsign_in = [\"example.org\"]\n"
	s := newPlace(t, table).start(t)
	if line := s.await(t, "Matrix ID"); !strings.Contains(line, "level=WARN") || !strings.Contains(line, "[passport]") {
		t.Error(line)
	}
	s = newPlace(t, table+"[passport]\nlisten = \"127.0.0.1:0\"\n").start(t)
	if line := s.await(t, "Matrix ID"); !strings.Contains(line, "level=INFO") || !strings.Contains(line, "example.org") {
		t.Error(line)
	}
}
