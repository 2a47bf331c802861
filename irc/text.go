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

// plain takes the control codes out of a text: formatting with its colour
// digits (https://modern.ircdocs.horse/formatting), and every other. A tab
// becomes a space.
func plain(s string) string {
	if !strings.ContainsFunc(s, unicode.IsControl) {
		return s
	}
	var b strings.Builder
	for s != "" {
		r, n := utf8.DecodeRuneInString(s)
		s = s[n:]
		switch {
		case r == '\x03':
			s = dropColours(s, 1, 2, isDigit)
		case r == '\x04':
			s = dropColours(s, 6, 6, isHex)
		case r == '\t':
			b.WriteByte(' ')
		case !unicode.IsControl(r):
			b.WriteRune(r)
		}
	}
	return b.String()
}

// dropColours takes a foreground off the front of s, of least to most digits, and
// the background that may follow it after a comma.
func dropColours(s string, least, most int, digit func(byte) bool) string {
	rest, ok := dropDigits(s, least, most, digit)
	if !ok {
		return s
	}
	if after, ok := strings.CutPrefix(rest, ","); ok {
		if after, ok = dropDigits(after, least, most, digit); ok {
			return after
		}
	}
	return rest
}

func dropDigits(s string, least, most int, digit func(byte) bool) (string, bool) {
	n := 0
	for n < most && n < len(s) && digit(s[n]) {
		n++
	}
	return s[n:], n >= least
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
