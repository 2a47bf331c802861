package irc

import "strings"

// multiline is what a server allows in one batch of draft/multiline
// (https://ircv3.net/specs/extensions/multiline). The zero value allows nothing.
type multiline struct {
	bytes int // of all texts together, with their line ends
	lines int
}

// maxMultiline bounds the lines that we put into one batch, whatever the server
// takes.
const maxMultiline = 200

// parseMultiline reads the value of the capability: max-bytes=n, which must be
// there, and max-lines=n.
func parseMultiline(value string) multiline {
	m := multiline{lines: maxMultiline}
	for item := range strings.SplitSeq(value, ",") {
		key, n, _ := strings.Cut(item, "=")
		switch key {
		case "max-bytes":
			m.bytes = number(n, 0)
		case "max-lines":
			m.lines = min(number(n, 0), maxMultiline)
		}
	}
	return m
}
