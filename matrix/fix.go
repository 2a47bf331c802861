package matrix

import (
	"strings"
	"unicode/utf8"
)

// A fix is a correction as it is typed: "s/old/new/", with g for all places and i for capitals that
// do not matter. A slash that belongs to a text has a backslash in front of it.
type fix struct {
	old, new string
	all      bool
	fold     bool
}

// readFix reads a correction; what merely looks like one is text.
func readFix(text string) (f fix, ok bool) {
	rest, ok := strings.CutPrefix(strings.TrimRight(text, " "), "s/")
	if !ok || strings.ContainsAny(rest, "\n") {
		return fix{}, false
	}
	var there bool
	f.old, rest, ok = cutSlash(rest)
	f.new, rest, there = cutSlash(rest)
	if !ok || !there || f.old == "" {
		return fix{}, false
	}
	for _, flag := range []struct {
		letter string
		on     *bool
	}{{"g", &f.all}, {"i", &f.fold}} {
		n := strings.Count(rest, flag.letter)
		rest = strings.Replace(rest, flag.letter, "", 1)
		*flag.on = n > 0
	}
	return f, rest == ""
}

// cutSlash cuts s at the first slash that has no backslash in front of it.
func cutSlash(s string) (before, after string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '/':
			return b.String(), s[i+1:], true
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '/' || s[i+1] == '\\'):
			i++
		}
		b.WriteByte(s[i])
	}
	return "", "", false
}

// apply corrects a text; not ok if it has nothing to correct.
func (f fix) apply(text string) (corrected string, ok bool) {
	var b strings.Builder
	for text != "" {
		n := f.at(text)
		if n > 0 && (f.all || !ok) {
			ok = true
			b.WriteString(f.new)
		} else {
			_, n = utf8.DecodeRuneInString(text)
			b.WriteString(text[:n])
		}
		text = text[n:]
	}
	return b.String(), ok
}

// at is how many bytes of the beginning of a text are to be replaced.
func (f fix) at(text string) int {
	if strings.HasPrefix(text, f.old) {
		return len(f.old)
	}
	if !f.fold {
		return 0
	}
	n := 0
	for range f.old {
		_, size := utf8.DecodeRuneInString(text[n:])
		if n += size; size == 0 {
			return 0
		}
	}
	if !strings.EqualFold(text[:n], f.old) {
		return 0
	}
	return n
}
