package matrix

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxText = 64 << 10 // bytes of a text: an event has no more
	maxName = 128      // characters of a display name
	maxNote = 256      // characters of a status message
)

// cleanText makes a text of a homeserver plain: line ends become LF, a tab a space, all other
// control codes go, and what is too long is cut at a character border.
func cleanText(s string) string {
	s = strings.ReplaceAll(cut(s, maxText), "\r\n", "\n")
	s = strings.Map(plainRune, s)
	return strings.Trim(s, "\n")
}

func plainRune(r rune) rune {
	switch {
	case r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
		return '\n'
	case r == '\t':
		return ' '
	case unicode.IsControl(r) || r == '\ufeff':
		return -1
	}
	return r
}

// cleanLine is cleanText for what must fit on one line, of at most limit characters.
func cleanLine(s string, limit int) string {
	s = strings.Join(strings.Fields(cleanText(s)), " ")
	if utf8.RuneCountInString(s) > limit {
		s = string([]rune(s)[:limit])
	}
	return s
}

// cleanName is a name that can be shown beside others: it does not turn the direction of what comes
// after it. One of which nothing would be seen is none.
func cleanName(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, s)
	if strings.IndexFunc(s, visible) < 0 {
		return ""
	}
	return cleanLine(s, maxName)
}

func visible(r rune) bool {
	return unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) && !strings.ContainsRune(blanks, r)
}

// blanks are letters and signs that show nothing: fillers of Hangul and Braille.
const blanks = "\u115f\u1160\u2800\u3164\uffa0"

// cut shortens s to at most limit bytes of valid UTF-8.
func cut(s string, limit int) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}
