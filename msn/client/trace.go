package client

import "strings"

// say shows a command, without its payload and its secrets, to whoever traces the
// wire.
func (l *link) say(dir, verb string, words []string) {
	if l.trace == nil {
		return
	}
	secret := secretWord(verb, words)
	var b strings.Builder
	b.WriteString(dir + verb)
	for i, w := range words {
		if i == secret {
			w = "..."
		}
		b.WriteString(" " + w)
	}
	l.trace(b.String())
}

// secretWord is the index of the word that is no business of a log, or -1: the
// answer to a challenge, or a cookie of a switchboard.
func secretWord(verb string, words []string) int {
	switch {
	case verb == "XFR":
		return 4
	case verb == "RNG":
		return 3
	case verb == "ANS":
		return 2
	case verb == "USR" && len(words) > 3 && words[2] == "S":
		return 3
	case verb == "USR" && len(words) == 3 && words[1] != "OK":
		return 2
	}
	return -1
}
