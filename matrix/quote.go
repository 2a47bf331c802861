package matrix

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxQuote is how many characters of a message are quoted.
const maxQuote = 60

// firstWords is the beginning of a text on one line, cut between words where that is possible. It
// does not turn the direction of what stands beside it.
func firstWords(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, cut(text, 16*maxQuote))
	line := strings.Join(strings.Fields(cleanText(text)), " ")
	if utf8.RuneCountInString(line) <= maxQuote {
		return line
	}
	line = string([]rune(line)[:maxQuote])
	if i := strings.LastIndexByte(line, ' '); i > len(line)/2 {
		line = line[:i]
	}
	return strings.TrimRight(line, " ") + "..."
}

// quoted is firstWords in quotation marks.
func quoted(text string) string { return "\u201c" + firstWords(text) + "\u201d" }
