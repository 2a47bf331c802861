package irc

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Longest names in bytes. RFC 2812 has nicks of 9 and channels of 50, RFC 1459
// channels of 200; networks of today have nicks up to about 50.
const (
	maxNick    = 64
	maxChannel = 200
)

// isNick tells whether s can be the nick of somebody: the grammar of RFC 2812
// (2.3.1), without its length, and with what newer servers allow: a digit in
// front, and letters beyond ASCII.
func isNick(s string) bool {
	if s == "" || len(s) > maxNick || s[0] == '-' || !utf8.ValidString(s) {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return !isNickRune(r) })
}

func isNickRune(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' ||
			strings.ContainsRune("[]\\`_^{|}-", r)
	case r == utf8.RuneError:
		return false
	}
	return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) || unicode.IsSymbol(r)
}

// channelTypes are what the names of channels begin with, on any network.
const channelTypes = "#&+!"

// isChannel tells whether s can be the name of a channel (RFC 2812, 2.3.1). No
// control codes at all: they would only serve to confuse.
func isChannel(s string) bool {
	if len(s) < 2 || len(s) > maxChannel || strings.IndexByte(channelTypes, s[0]) < 0 || !utf8.ValidString(s) {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r == ',' || r == ':' || unicode.IsControl(r)
	})
}

// lower folds ASCII letters, and nothing else: so IDs are made.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// A folding brings the spellings that are one name to a server into one form.
type folding func(string) string

// foldings are the values of CASEMAPPING. Where it is missing, and before it is
// known, RFC 1459 (2.2) rules: {}|^ are the lower case of []\~.
var foldings = map[string]folding{
	"ascii":          lower,
	"rfc1459":        replacing(`[`, `{`, `]`, `}`, `\`, `|`, `~`, `^`),
	"rfc1459-strict": replacing(`[`, `{`, `]`, `}`, `\`, `|`),
	"strict-rfc1459": replacing(`[`, `{`, `]`, `}`, `\`, `|`),
	"rfc3454":        strings.ToLower,
	"rfc7613":        strings.ToLower,
	"rfc8265":        strings.ToLower,
}

func replacing(oldnew ...string) folding {
	r := strings.NewReplacer(oldnew...)
	return func(s string) string { return r.Replace(lower(s)) }
}
