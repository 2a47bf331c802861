package irc

import (
	"strconv"
	"strings"
)

// noLimit stands for "as many as one likes".
const noLimit = 1 << 20

// isupport is what a server says of itself in numeric 005
// (https://modern.ircdocs.horse/#rplisupport-parameters), as far as it matters
// here. What it has not said is as RFC 1459 has it, or usual.
type isupport struct {
	fold       folding
	chanTypes  string // what the names of channels begin with, of those that isChannel knows
	modes      modes
	statusMsg  string // prefixes of members that a channel may be written to with ("@#chan")
	chanLimits []chanLimit
	targets    map[string]int // targets that a command takes; see targetsOf

	// Longest values in bytes.
	lineLen    int // of a line without its tags, its end included
	nickLen    int
	channelLen int
	userLen    int
	hostLen    int
	awayLen    int
	topicLen   int
	kickLen    int

	modesLine int  // modes with a parameter that one MODE takes
	monitor   int  // nicks that MONITOR takes; 0: there is no MONITOR
	history   int  // messages that one CHATHISTORY brings; 0: as many as one likes
	noTyping  bool // CLIENTTAGDENY has typing
	whox      bool
}

func newISupport() isupport {
	return isupport{
		fold: foldings["rfc1459"], chanTypes: "#&", modes: newModes(), targets: map[string]int{},
		lineLen: lineLimit, nickLen: maxNick, channelLen: maxChannel, userLen: 12, hostLen: 64,
		awayLen: 200, topicLen: 300, kickLen: 200, modesLine: 3,
	}
}

// isupportTokens says what the tokens mean. value is empty where there is none,
// and for a token that is taken back (-MONITOR) gone is set.
var isupportTokens = map[string]func(s *isupport, value string, gone bool){
	"CASEMAPPING": func(s *isupport, value string, gone bool) {
		if f := foldings[strings.ToLower(value)]; f != nil && !gone {
			s.fold = f
		}
	},
	"MONITOR":       func(s *isupport, value string, gone bool) { s.monitor = given(gone, number(value, noLimit)) },
	"WHOX":          func(s *isupport, _ string, gone bool) { s.whox = !gone },
	"CLIENTTAGDENY": func(s *isupport, value string, gone bool) { s.noTyping = !gone && denies(value, "typing") },
	"CHATHISTORY":   func(s *isupport, value string, gone bool) { s.history = given(gone, number(value, 0)) },
	"CHANTYPES":     func(s *isupport, value string, gone bool) { s.chanTypes = given(gone, among(value, channelTypes)) },
	"CHANMODES":     func(s *isupport, value string, gone bool) { s.modes.setKinds(value, gone) },
	"CHANLIMIT":     func(s *isupport, value string, gone bool) { s.setChanLimits(value, gone) },
	"PREFIX":        func(s *isupport, value string, gone bool) { s.modes.setPrefixes(value, gone) },
	"STATUSMSG":     func(s *isupport, value string, gone bool) { s.statusMsg = given(gone, among(value, memberSymbols)) },
	"TARGMAX":       func(s *isupport, value string, gone bool) { s.setTargets(value, gone) },
	"MAXTARGETS":    func(s *isupport, value string, _ bool) { s.targets[""] = number(value, 1) },
	"MODES":         func(s *isupport, value string, _ bool) { s.modesLine = max(1, min(number(value, 20), 20)) },

	"LINELEN":    length(func(s *isupport) *int { return &s.lineLen }, lineLimit, maxLine-maxTags),
	"NICKLEN":    length(func(s *isupport) *int { return &s.nickLen }, 1, maxNick),
	"MAXNICKLEN": length(func(s *isupport) *int { return &s.nickLen }, 1, maxNick),
	"CHANNELLEN": length(func(s *isupport) *int { return &s.channelLen }, 2, maxChannel),
	"USERLEN":    length(func(s *isupport) *int { return &s.userLen }, 12, 64),
	"HOSTLEN":    length(func(s *isupport) *int { return &s.hostLen }, 64, 128),
	"AWAYLEN":    length(func(s *isupport) *int { return &s.awayLen }, 1, 300),
	"TOPICLEN":   length(func(s *isupport) *int { return &s.topicLen }, 1, 390),
	"KICKLEN":    length(func(s *isupport) *int { return &s.kickLen }, 1, 300),
}

// length is a token that says how long something may be; only what lies between
// least and most is believed. One that is taken back means nothing.
func length(field func(*isupport) *int, least, most int) func(*isupport, string, bool) {
	return func(s *isupport, value string, gone bool) {
		if !gone {
			*field(s) = max(least, min(number(value, *field(s)), most))
		}
	}
}

// given is v, or the zero value if the token is taken back.
func given[T any](gone bool, v T) T {
	if gone {
		var zero T
		return zero
	}
	return v
}

// apply takes the parameters of a 005 but the nick and the text at the end.
func (s *isupport) apply(tokens []string) {
	for _, token := range tokens {
		token, gone := strings.CutPrefix(token, "-")
		name, value, _ := strings.Cut(token, "=")
		if f := isupportTokens[name]; f != nil {
			f(s, unescapeToken(value), gone)
		}
	}
}

// unescapeToken reads \xHH, by which a value may have a space or an equals sign.
func unescapeToken(value string) string {
	before, rest, escaped := strings.Cut(value, `\x`)
	if !escaped || len(rest) < 2 {
		return value
	}
	b, err := strconv.ParseUint(rest[:2], 16, 8)
	if err != nil {
		return value
	}
	return before + string([]byte{byte(b)}) + unescapeToken(rest[2:])
}

// number reads a length or count; what is none is otherwise.
func number(value string, otherwise int) int {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		return otherwise
	}
	return min(n, noLimit)
}

// among is what of value is among the bytes of known.
func among(value, known string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(known, r) {
			return r
		}
		return -1
	}, value)
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
