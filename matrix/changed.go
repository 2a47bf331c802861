package matrix

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// correctionLine says what a message is now, with as much of it as has changed if it is long; empty
// if nothing has.
func correctionLine(old said, r rendering) string {
	switch {
	case old.kind == saidMessage && old.whole && old.text == r.text && old.emote == r.emote:
		return ""
	case r.emote:
		return r.text + " (corrected)"
	case old.kind == saidMessage && old.whole:
		return "* " + changed(old.text, r.text)
	}
	return "* " + r.text
}

// wholeLine is the length, in bytes, up to which a corrected text is shown whole.
const wholeLine = 80

// changed is the part of a text that is new in it, with a word before and after.
func changed(old, now string) string {
	if len(now) <= wholeLine {
		return now
	}
	begin, end := difference(old, now)
	begin, end = wordBefore(now, begin), wordAfter(now, end)
	if 2*(end-begin) > len(now) {
		return now
	}
	part := strings.TrimSpace(now[begin:end])
	if begin > 0 {
		part = "... " + part
	}
	if end < len(now) {
		part += " ..."
	}
	return part
}

// difference is where a text differs from what it was, in bytes, at borders of characters.
func difference(old, now string) (begin, end int) {
	for begin < len(now) && begin < len(old) && now[begin] == old[begin] {
		begin++
	}
	end = len(now)
	for rest := len(old); end > begin && rest > begin && now[end-1] == old[rest-1]; rest-- {
		end--
	}
	for begin > 0 && begin < len(now) && !utf8.RuneStart(now[begin]) {
		begin--
	}
	for end < len(now) && !utf8.RuneStart(now[end]) {
		end++
	}
	return begin, end
}

// wordBefore moves a place to the beginning of the word before the one that it is in.
func wordBefore(s string, at int) int {
	words := 2
	if r, _ := utf8.DecodeLastRuneInString(s[:at]); unicode.IsSpace(r) {
		words = 1
	}
	for range words {
		at = len(strings.TrimRightFunc(s[:at], unicode.IsSpace))
		at = strings.LastIndexFunc(s[:at], unicode.IsSpace)
		if at++; at == 0 {
			return 0
		}
		_, n := utf8.DecodeRuneInString(s[at-1:])
		at += n - 1
	}
	return at
}

// wordAfter moves a place to the end of the word after the one that it is in.
func wordAfter(s string, at int) int {
	words := 2
	if r, _ := utf8.DecodeRuneInString(s[at:]); unicode.IsSpace(r) {
		words = 1
	}
	for range words {
		rest := strings.TrimLeftFunc(s[at:], unicode.IsSpace)
		at = len(s) - len(rest)
		n := strings.IndexFunc(rest, unicode.IsSpace)
		if n < 0 {
			return len(s)
		}
		at += n
	}
	return at
}
