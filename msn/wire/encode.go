package wire

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrEncoding says that a word decodes to something that is no text.
var ErrEncoding = errors.New("word is neither UTF-8 nor Latin-1")

const hexDigits = "0123456789ABCDEF"

// plain are the bytes that stand for themselves in an encoded word.
var plain = func() (t [256]bool) {
	for c := '0'; c <= 'z'; c++ {
		t[c] = c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a'
	}
	for _, c := range "!$'()*+,-._" {
		t[c] = true
	}
	return t
}()

// AppendEncoded writes a blank and s percent-encoded, without its control codes.
// At most max bytes of encoded text are written, and no part of a character.
func AppendEncoded(b []byte, s string, max int) []byte {
	b = append(b, ' ')
	start := len(b)
	for len(s) > 0 {
		r, n := rune(s[0]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(s)
		}
		at := len(b)
		if !unicode.IsControl(r) {
			b = escape(b, s[:n])
		}
		if len(b)-start > max {
			return b[:at]
		}
		s = s[n:]
	}
	return b
}

func escape(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; plain[c] {
			b = append(b, c)
		} else {
			b = append(b, '%', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return b
}

// EncodedLen is how many bytes s has percent-encoded.
func EncodedLen(s string) int {
	n := len(s)
	for i := 0; i < len(s); i++ {
		if !plain[s[i]] {
			n += 2
		}
	}
	return n
}

// Encode percent-encodes s, without its control codes.
func Encode(s string) string { return string(AppendEncoded(nil, s, len(s)*3)[1:]) }

// Decode decodes a percent-encoded word. A % that no two hex digits follow
// stands for itself, as do bytes that need not have been left as they are. The
// result is UTF-8 and may hold control codes: see Clean. What is not UTF-8 is
// Latin-1, which some clients send (doc/protocol, 07), or there is ErrEncoding.
func Decode(w []byte) (string, error) {
	var b strings.Builder
	b.Grow(len(w))
	for i := 0; i < len(w); i++ {
		if c, ok := unhex(w[i:]); ok {
			b.WriteByte(c)
			i += 2
		} else {
			b.WriteByte(w[i])
		}
	}
	if utf8.ValidString(b.String()) {
		return b.String(), nil
	}
	return latin1(b.String())
}

// latin1 reads s as Latin-1. The control codes that it has beyond ASCII are in
// no text: they show that s is something else.
func latin1(s string) (string, error) {
	var b strings.Builder
	b.Grow(len(s) + len(s)/2)
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 && s[i] < 0xA0 {
			return "", ErrEncoding
		}
		b.WriteRune(rune(s[i]))
	}
	return b.String(), nil
}

// unhex reads %hh.
func unhex(w []byte) (c byte, ok bool) {
	if len(w) < 3 || w[0] != '%' {
		return 0, false
	}
	hi, ok1 := nibble(w[1])
	lo, ok2 := nibble(w[2])
	return hi<<4 | lo, ok1 && ok2
}

func nibble(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

// Clean returns s without control codes, line ends included, and with what is
// not UTF-8 replaced.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
