package irc

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// decode makes UTF-8 of a line. What is none is taken as Windows-1252, which is
// Latin-1 with letters where that has control codes. A character that was cut
// off at the end of a line, by a server with its limit, is dropped.
func decode(line []byte) string {
	if whole := dropCut(line); utf8.Valid(whole) {
		return string(whole)
	}
	s, err := charmap.Windows1252.NewDecoder().Bytes(line)
	if err != nil {
		return strings.ToValidUTF8(string(line), "\uFFFD")
	}
	return string(s)
}

// cutFrom is the length from which on a line may have been cut by its server.
const cutFrom = 400

// dropCut takes off the beginning of a character at the end of a long line.
func dropCut(b []byte) []byte {
	if len(b) < cutFrom {
		return b
	}
	for n := 1; n < utf8.UTFMax; n++ {
		tail := b[len(b)-n:]
		if !utf8.RuneStart(tail[0]) {
			continue
		}
		if !utf8.FullRune(tail) {
			return b[:len(b)-n]
		}
		return b
	}
	return b
}

// plain is unformat for a text of one line whose look does not matter.
func plain(s string) string {
	text, _ := unformat(s)
	return strings.ReplaceAll(text, "\n", " ")
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isHex(c byte) bool {
	return isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// lines takes an outbound text apart into lines without control codes. Lines
// with nothing in them are dropped: a server refuses them (412).
func lines(text string) []string {
	var found []string
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\r\n", "\n"), "\uFFFD")
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if line = outbound(line); strings.TrimSpace(line) != "" {
			found = append(found, line)
		}
	}
	return found
}

// outbound takes out every control code: none may reach a line of ours.
func outbound(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return ' '
		}
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
}
