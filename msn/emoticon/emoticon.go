// Package emoticon translates between the emoticon codes of MSN Messenger and
// Unicode emoji (doc/protocol, 06 section 6). It knows plain text alone: pictures
// that users have made themselves are none of its business.
package emoticon

import (
	"strings"
	"unicode"
)

// ToEmoji puts emoji in the place of codes that stand alone: between blanks,
// punctuation, or the ends of the text. Addresses of the web are left as they are.
func ToEmoji(text string) string {
	if !strings.ContainsAny(text, codeStarts) {
		return text
	}
	return eachWord(text, emojiInWord)
}

// ToCodes puts codes in the place of emoji, for clients that cannot show these.
// An emoji that has no code becomes its name between colons; one that has no name
// either stays. Addresses of the web are left as they are.
func ToCodes(text string) string {
	if !strings.ContainsFunc(text, mayBeEmoji) {
		return text
	}
	return eachWord(text, codesInWord)
}

// eachWord has f write each word of text that is no web address. What is between
// words stays.
func eachWord(text string, f func(b *strings.Builder, word string)) string {
	var b strings.Builder
	b.Grow(len(text) + len(text)/8)
	for text != "" {
		n := strings.IndexFunc(text, unicode.IsSpace)
		if n < 0 {
			n = len(text)
		}
		if word := text[:n]; isAddress(word) {
			b.WriteString(word)
		} else {
			f(&b, word)
		}
		text = text[n:]
		n = len(text) - len(strings.TrimLeftFunc(text, unicode.IsSpace))
		b.WriteString(text[:n])
		text = text[n:]
	}
	return b.String()
}

// isAddress tells whether a word has the address of something on the web in it.
func isAddress(word string) bool {
	if strings.Contains(word, "://") {
		return true
	}
	word = strings.TrimLeft(strings.ToLower(word), "(<[{\"'")
	return strings.HasPrefix(word, "www.") || strings.HasPrefix(word, "mailto:")
}
