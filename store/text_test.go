package store

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzCleanText(f *testing.F) {
	for _, seed := range []string{"", "plain", "a\x00b", "\xff", "\uFFFD", "\xc3("} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c := cleanText(s)
		if !utf8.ValidString(c) || strings.ContainsRune(c, 0) {
			t.Errorf("%q stays %q", s, c)
		}
		if again := cleanText(c); again != c {
			t.Errorf("%q becomes %q, and then %q", s, c, again)
		}
		if utf8.ValidString(s) && !strings.ContainsRune(s, 0) && c != s {
			t.Errorf("%q, which is in order, becomes %q", s, c)
		}
	})
}
