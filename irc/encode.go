package irc

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ergochat/irc-go/ircmsg"
)

// lineLimit is what a line without its tags may have, in bytes, its end included.
const lineLimit = 512

// encode makes a line of a message, with its end. Whatever would not arrive as it
// is meant (a line end or NUL anywhere, a space in the middle, a line over 512
// bytes) is an error. This and encodeWithin are the only way by which lines come
// about.
func encode(tags map[string]string, command string, params ...string) (string, error) {
	return encodeWithin(lineLimit, tags, command, params...)
}

// encodeWithin is encode for a server that takes longer lines (LINELEN).
func encodeWithin(limit int, tags map[string]string, command string, params ...string) (string, error) {
	if !isCommand(command) {
		return "", errNoCommand
	}
	m := ircmsg.MakeMessage(tags, "", command, params...)
	if trailing[command] {
		m.ForceTrailing()
	}
	line, err := m.LineBytesStrict(true, limit)
	if err != nil {
		return "", fmt.Errorf("%s: %w", command, err)
	}
	return string(line), nil
}

var errNoCommand = errors.New("this can be no command of IRC")

// isCommand tells whether s can be the command of a line: letters (RFC 2812, 2.3.1).
func isCommand(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return r > 'z' || !isLetter(byte(r)) }) < 0
}

// trailing are the commands whose last parameter is a text.
var trailing = map[string]bool{
	"PRIVMSG": true, "NOTICE": true, "AWAY": true, "QUIT": true, "USER": true,
}
