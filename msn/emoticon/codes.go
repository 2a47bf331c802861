package emoticon

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A coded is a code in lower case, and what it stands for.
type coded struct{ code, emoji string }

// byStart has the codes by their first byte, the longest first.
var byStart = func() (t ['|' + 1][]coded) {
	for _, r := range table {
		for _, c := range r.codes {
			c = strings.ToLower(c)
			t[c[0]] = append(t[c[0]], coded{c, r.emoji})
		}
	}
	for _, cs := range t {
		slices.SortStableFunc(cs, func(a, b coded) int { return cmp.Compare(len(b.code), len(a.code)) })
	}
	return t
}()

// codeStarts are the bytes that codes begin with.
var codeStarts = func() string {
	var b strings.Builder
	for c, cs := range byStart {
		if len(cs) > 0 {
			b.WriteByte(byte(c))
		}
	}
	return b.String()
}()

// emojiInWord writes a word with emoji in place of its codes.
func emojiInWord(b *strings.Builder, word string) {
	before := rune(-1) // what stands before the rest of the word; -1: nothing, or a code
	for word != "" {
		if c, ok := codeAt(word, before); ok {
			b.WriteString(c.emoji)
			word, before = word[len(c.code):], -1
			continue
		}
		r, n := utf8.DecodeRuneInString(word)
		b.WriteString(word[:n])
		word, before = word[n:], r
	}
}

// codeAt finds the longest code that s begins with and that stands alone.
func codeAt(s string, before rune) (coded, bool) {
	if !borders(before) || int(s[0]) >= len(byStart) || doubled(s[0], before) {
		return coded{}, false
	}
	for _, c := range byStart[s[0]] {
		if n := len(c.code); len(s) >= n && strings.EqualFold(s[:n], c.code) && borders(first(s[n:])) {
			return c, true
		}
	}
	return coded{}, false
}

// doubled tells of "std::s" and "for(;;)", which mean no emoticon.
func doubled(c byte, before rune) bool { return (c == ':' || c == ';') && before == rune(c) }

// borders tells whether a code may stand beside r; -1 is the end.
func borders(r rune) bool {
	return r < 0 || r == asPicture || unicode.IsPunct(r) || unicode.IsSymbol(r)
}

// first is the first character of s, or -1.
func first(s string) rune {
	if s == "" {
		return -1
	}
	r, _ := utf8.DecodeRuneInString(s)
	return r
}
