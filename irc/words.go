package irc

import (
	"strings"

	"github.com/ergochat/irc-go/ircmsg"
)

// sourceName is what to call whoever sent a message: a nick or a server.
func sourceName(m *ircmsg.Message) string {
	if nick, _, ok := source(m); ok {
		return nick
	}
	if name := strings.TrimSpace(plain(m.Source)); name != "" {
		return name
	}
	return "the server"
}

// nickOfMask is the nick in nick!user@host, fit to be shown.
func nickOfMask(mask string) string {
	nick, _, _ := strings.Cut(mask, "!")
	return strings.TrimSpace(plain(nick))
}

// withReason puts a reason behind a sentence, if there is one.
func withReason(sentence, reason string) string {
	if reason == "" {
		return sentence
	}
	return sentence + ": " + reason
}

// compareFold orders names without regard to case.
func compareFold(a, b string) int { return strings.Compare(lower(a), lower(b)) }
