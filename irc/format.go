package irc

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"msnbridge/bridge"
)

// Formatting codes (https://modern.ircdocs.horse/formatting). All but the colours
// are switches; resetCode ends everything.
const (
	boldCode      = '\x02'
	colourCode    = '\x03'
	hexCode       = '\x04'
	resetCode     = '\x0f'
	italicCode    = '\x1d'
	strikeCode    = '\x1e'
	underlineCode = '\x1f'
)

// switches are the codes for what a bridge.Format has. Reverse and monospace,
// which it has not, are dropped with all other control codes.
var switches = []struct {
	code rune
	of   func(*bridge.Format) *bool
}{
	{boldCode, func(f *bridge.Format) *bool { return &f.Bold }},
	{italicCode, func(f *bridge.Format) *bool { return &f.Italic }},
	{underlineCode, func(f *bridge.Format) *bool { return &f.Underline }},
	{strikeCode, func(f *bridge.Format) *bool { return &f.Strike }},
}

// A reading takes the formatting out of a text.
type reading struct {
	rest  string
	plain strings.Builder
	now   bridge.Format // of what comes next

	whole  bridge.Format // of all that can be seen so far
	seen   bool          // something can be seen
	differ bool          // not all of it looks the same
}

// unformat takes the control codes out of a text: formatting, with its colour
// digits, and every other. A tab becomes a space; LF stays, and formatting ends
// there. f is how the text looks, if all of it that can be seen looks the same.
func unformat(s string) (text string, f bridge.Format) {
	if !strings.ContainsFunc(s, unicode.IsControl) {
		return s, f
	}
	r := reading{rest: s}
	for r.rest != "" {
		c, n := utf8.DecodeRuneInString(r.rest)
		r.rest = r.rest[n:]
		r.take(c)
	}
	if r.differ {
		r.whole = bridge.Format{}
	}
	return r.plain.String(), r.whole
}

func (r *reading) take(c rune) {
	switch {
	case c == colourCode:
		r.colour(1, 2, isDigit, fromPalette)
	case c == hexCode:
		r.colour(6, 6, isHex, fromHex)
	case c == resetCode:
		r.now = bridge.Format{}
	case c == '\n':
		r.now = bridge.Format{}
		r.plain.WriteByte('\n')
	case c == '\t':
		r.plain.WriteByte(' ')
	case unicode.IsControl(c):
		r.flip(c)
	default:
		r.see(c)
	}
}

func (r *reading) flip(c rune) {
	for _, s := range switches {
		if s.code == c {
			v := s.of(&r.now)
			*v = !*v
		}
	}
}

func (r *reading) see(c rune) {
	r.plain.WriteRune(c)
	if unicode.IsSpace(c) {
		return
	}
	if !r.seen {
		r.whole, r.seen = r.now, true
	}
	r.differ = r.differ || r.whole != r.now
}

// colour reads what stands behind a colour code: a foreground of least to most
// digits, and the background that may follow it after a comma. Without a
// foreground the colours end. White letters on a background of their own are left
// to the reader: here they would stand on white.
func (r *reading) colour(least, most int, digit func(byte) bool, read func(string) bridge.Color) {
	front, rest := cutDigits(r.rest, least, most, digit)
	if front == "" {
		r.now.Color = 0
		return
	}
	r.rest, r.now.Color = rest, read(front)
	after, ok := strings.CutPrefix(rest, ",")
	if !ok {
		return
	}
	if back, rest := cutDigits(after, least, most, digit); back != "" {
		r.rest = rest
		if r.now.Color == white {
			r.now.Color = 0
		}
	}
}

// cutDigits takes least to most digits off the front of s; none if there are less.
func cutDigits(s string, least, most int, digit func(byte) bool) (digits, rest string) {
	n := 0
	for n < most && n < len(s) && digit(s[n]) {
		n++
	}
	if n < least {
		return "", s
	}
	return s[:n], s[n:]
}

func fromPalette(digits string) bridge.Color {
	if n, err := strconv.Atoi(digits); err == nil && n < len(palette) {
		return bridge.RGB(palette[n])
	}
	return 0 // 99 is the reader's own
}

func fromHex(digits string) bridge.Color {
	rgb, err := strconv.ParseUint(digits, 16, 32)
	if err != nil {
		return 0
	}
	return bridge.RGB(uint32(rgb))
}

// formatted puts in front of a line what makes it look like f. None of the line is
// taken for a part of that: a colour has two digits, and where the line begins with
// a digit or a comma, two switches that undo each other stand between.
func formatted(f bridge.Format, line string) string {
	var b strings.Builder
	rgb, coloured := f.Color.RGB()
	if coloured {
		n := nearest(rgb)
		b.WriteRune(colourCode)
		b.WriteByte('0' + byte(n/10))
		b.WriteByte('0' + byte(n%10))
	}
	codes := b.Len()
	for _, s := range switches {
		if *s.of(&f) {
			b.WriteRune(s.code)
		}
	}
	if coloured && b.Len() == codes && line != "" && (line[0] == ',' || isDigit(line[0])) {
		b.WriteString(string(boldCode) + string(boldCode))
	}
	b.WriteString(line)
	return b.String()
}

// formatSize is the most that formatted adds to a line, in bytes.
func formatSize(f bridge.Format) int { return len(formatted(f, ",")) - 1 }
