package irc

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ergochat/irc-go/ircmsg"
)

// whoNumerics say what the answers to WHOIS and WHOWAS mean, of which the second
// parameter is the nick (https://modern.ircdocs.horse, and
// https://defs.ircdocs.horse for those that not all servers have).
var whoNumerics = map[string]func(m *ircmsg.Message) string{
	"311": whoUser("is"),
	"314": whoUser("was"),
	"312": func(m *ircmsg.Message) string { return "on " + words(m, 2) },
	"317": whoIdle,
	"319": func(m *ircmsg.Message) string { return "in " + words(m, 2) },
	"330": func(m *ircmsg.Message) string { return "logged in as " + accountName(m.Params[2]) },
	"301": func(m *ircmsg.Message) string { return "away: " + words(m, 2) },
	"338": func(m *ircmsg.Message) string { return "really at " + words(m, 2) },
	"318": nil, "369": nil, // the ends
}

// whoWords is what an answer says in words; empty if it is none, or an end. Other
// numerics from 200 on that name a nick say their text.
func whoWords(m *ircmsg.Message) string {
	if len(m.Params) < 3 || !isNumeric(m.Command) || !isNick(m.Params[1]) {
		return ""
	}
	say, known := whoNumerics[m.Command]
	switch {
	case known && say == nil:
		return ""
	case known:
		return say(m)
	case m.Command >= "200" && m.Command < "400" || m.Command == "671":
		return words(m, 2)
	}
	return ""
}

// whoUser is nick, user, host, *, real name.
func whoUser(is string) func(m *ircmsg.Message) string {
	return func(m *ircmsg.Message) string {
		if len(m.Params) < 6 {
			return ""
		}
		return fmt.Sprintf("%s %s %s@%s (%s)", plain(m.Params[1]), is, plain(m.Params[2]), plain(m.Params[3]), last(m))
	}
}

// whoIdle is nick, seconds of silence, when they came in Unix seconds, text; the
// second number may be missing.
func whoIdle(m *ircmsg.Message) string {
	seconds, err := strconv.ParseUint(m.Params[2], 10, 31)
	if err != nil {
		return ""
	}
	text := "silent for " + (time.Duration(seconds) * time.Second).String()
	if len(m.Params) > 4 {
		if at, err := strconv.ParseInt(m.Params[3], 10, 64); err == nil && at > 0 && at < 1<<40 {
			text += ", here since " + time.Unix(at, 0).UTC().Format("2 January 2006, 15:04 MST")
		}
	}
	return text
}

// words are the parameters from one on, fit to be shown.
func words(m *ircmsg.Message, from int) string {
	return strings.TrimSpace(plain(strings.Join(m.Params[min(from, len(m.Params)):], " ")))
}
