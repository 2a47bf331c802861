package msn

import (
	"fmt"
	"testing"
)

// Of a line that comes to two windows the second is a repetition, each once.
func TestPair(t *testing.T) {
	var a, b echoes
	for i, c := range []struct {
		mine, others *echoes
		line         string
		want         bool
	}{
		{&a, &b, "x", false}, {&b, &a, "x", true}, {&b, &a, "x", false}, {&a, &b, "x", true},
		{&a, &b, "y", false}, {&a, &b, "y", false}, {&b, &a, "y", true}, {&b, &a, "y", true}, {&b, &a, "y", false},
	} {
		if got := pair(c.mine, c.others, c.line); got != c.want {
			t.Errorf("line %d: %v", i, got)
		}
	}
	for i := range 3 * mostEchoes {
		pair(&a, &b, fmt.Sprint(i))
	}
	if len(a) > mostEchoes {
		t.Errorf("%d lines are kept", len(a))
	}
}
