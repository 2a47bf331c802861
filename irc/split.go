package irc

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// split takes a line apart into pieces of at most limit bytes, after a space
// where that leaves the piece at least half full, else between characters. The
// pieces put together are the line again.
func split(line string, limit int) []string {
	limit = max(limit, utf8.UTFMax)
	var parts []string
	for len(line) > limit {
		n := border(line, limit)
		parts = append(parts, line[:n])
		line = line[n:]
	}
	return append(parts, line)
}

// border finds where to cut: at most limit bytes into line, which is longer.
func border(line string, limit int) int {
	if n := strings.LastIndexByte(line[:limit], ' ') + 1; n > limit/2 {
		return n
	}
	n := limit
	for n > 1 && !utf8.RuneStart(line[n]) {
		n--
	}
	if whole := cluster(line, n); whole > 0 {
		return whole
	}
	return n
}

// maxCluster bounds how far back a cut may move to keep a character together
// with its accents, in bytes.
const maxCluster = 64

// cluster moves a cut at n back to where no accent, joiner or skin colour is cut
// off from what it belongs to. It returns 0 if there is no such place near.
func cluster(line string, n int) int {
	for least := max(n-maxCluster, 0); n > least; {
		after, _ := utf8.DecodeRuneInString(line[n:])
		before, size := utf8.DecodeLastRuneInString(line[:n])
		if !extends(after) && before != joiner {
			return n
		}
		n -= size
	}
	return 0
}

// joiner is U+200D, which makes one picture of two.
const joiner = '\u200d'

func extends(r rune) bool {
	return unicode.IsMark(r) || r == joiner || 0x1F3FB <= r && r <= 0x1F3FF
}
