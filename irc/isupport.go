package irc

import (
	"strconv"
	"strings"
)

// noLimit stands for "as many as one likes".
const noLimit = 1 << 20

// isupport is what a server says of itself in numeric 005
// (https://modern.ircdocs.horse/#rplisupport-parameters), as far as it matters
// here.
type isupport struct {
	fold      folding
	monitor   int  // nicks that MONITOR takes; 0: there is no MONITOR
	userLen   int  // longest user name
	hostLen   int  // longest host
	awayLen   int  // longest away text
	noTyping  bool // CLIENTTAGDENY has typing
	chanTypes string
}

func newISupport() isupport {
	return isupport{fold: foldings["rfc1459"], userLen: 12, hostLen: 64, awayLen: 200, chanTypes: "#&"}
}

// isupportTokens says what the tokens mean. value is empty where there is none,
// and for a token that is taken back (-MONITOR) gone is set.
var isupportTokens = map[string]func(s *isupport, value string, gone bool){
	"CASEMAPPING": func(s *isupport, value string, gone bool) {
		if f := foldings[strings.ToLower(value)]; f != nil && !gone {
			s.fold = f
		}
	},
	"MONITOR": func(s *isupport, value string, gone bool) {
		s.monitor = number(value, noLimit)
		if gone {
			s.monitor = 0
		}
	},
	"USERLEN":       func(s *isupport, value string, _ bool) { s.userLen = max(s.userLen, min(number(value, 0), 64)) },
	"HOSTLEN":       func(s *isupport, value string, _ bool) { s.hostLen = max(s.hostLen, min(number(value, 0), 128)) },
	"AWAYLEN":       func(s *isupport, value string, _ bool) { s.awayLen = min(number(value, s.awayLen), 300) },
	"CLIENTTAGDENY": func(s *isupport, value string, gone bool) { s.noTyping = !gone && denies(value, "typing") },
	"CHANTYPES":     func(s *isupport, value string, gone bool) { s.chanTypes = value },
}

// apply takes the parameters of a 005 but the nick and the text at the end.
func (s *isupport) apply(tokens []string) {
	for _, token := range tokens {
		token, gone := strings.CutPrefix(token, "-")
		name, value, _ := strings.Cut(token, "=")
		if f := isupportTokens[name]; f != nil {
			f(s, value, gone)
		}
	}
}

// number reads a length or count; what is none is otherwise.
func number(value string, otherwise int) int {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		return otherwise
	}
	return min(n, noLimit)
}

// denies reads a CLIENTTAGDENY list: * denies all but those with a minus
// (https://ircv3.net/specs/extensions/message-tags).
func denies(list, tag string) bool {
	denied := false
	for item := range strings.SplitSeq(list, ",") {
		switch item {
		case "*", tag:
			denied = true
		case "-" + tag:
			return false
		}
	}
	return denied
}
