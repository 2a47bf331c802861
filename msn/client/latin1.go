package client

import (
	"unicode/utf8"
)

// fromLatin1 reads s as Latin-1 unless it is UTF-8.
func fromLatin1(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}
