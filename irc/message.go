package irc

import (
	"strings"
	"time"

	"github.com/ergochat/irc-go/ircmsg"

	"msnbridge/bridge"
)

// skew is how wrong the clock of a server may be. What was said longer before the
// login was made is old: a bouncer plays it back.
const skew = 15 * time.Minute

// message reads what a PRIVMSG or NOTICE says: ID, Text, Emote, Format and Time.
// It is not ok, and counted, if there is nothing to show: CTCP other than ACTION,
// a text without anything in it, or one from before the login.
func (c *Conn) message(m *ircmsg.Message) (msg bridge.Message, ok bool) {
	text, emote := cutAction(m.Params[1])
	if isCTCP(text) {
		c.pass("ctcp")
		return msg, false
	}
	msg = bridge.Message{ID: messageID(m), Emote: emote, Time: saidAt(m)}
	msg.Text, msg.Format = unformat(text)
	if strings.TrimSpace(msg.Text) == "" || msg.Time.Add(skew).Unix() < c.login.Since {
		c.pass("empty or old message")
		return msg, false
	}
	return msg, true
}

// isCTCP tells whether a text is a question by CTCP, or its answer
// (https://modern.ircdocs.horse/ctcp). ACTION, which is how emotes are said, is
// none.
func isCTCP(text string) bool {
	_, emote := cutAction(text)
	return !emote && strings.HasPrefix(text, "\x01")
}

// cutAction takes the CTCP ACTION off the text of an emote.
func cutAction(text string) (inner string, emote bool) {
	inner, ctcp := strings.CutPrefix(text, "\x01")
	inner = strings.TrimSuffix(inner, "\x01")
	command, rest, _ := strings.Cut(inner, " ")
	if !ctcp || !strings.EqualFold(command, "ACTION") {
		return text, false
	}
	return rest, true
}

// saidAt is the time of a message: server-time, if it is sensible, else now.
func saidAt(m *ircmsg.Message) time.Time {
	now := time.Now()
	if at, ok := serverTime(m); ok && at.Before(now.Add(time.Minute)) {
		return at.Local()
	}
	return now
}

// serverTime is the time that the server has put on a message
// (https://ircv3.net/specs/extensions/server-time).
func serverTime(m *ircmsg.Message) (time.Time, bool) {
	ok, tag := m.GetTag("time")
	if !ok {
		return time.Time{}, false
	}
	at, err := time.Parse(time.RFC3339Nano, tag)
	return at, err == nil && at.Year() > 1970
}

// maxID is the longest message ID that is believed, in bytes.
const maxID = 256

// messageID is the permanent name that the server has given a message
// (https://ircv3.net/specs/extensions/message-ids), or empty. What stands in front
// keeps it apart from all other names that this network may give.
func messageID(m *ircmsg.Message) string {
	if ok, id := m.GetTag("msgid"); ok && id != "" && len(id) <= maxID {
		return "msgid " + id
	}
	return ""
}
