package irc

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ergochat/irc-go/ircmsg"

	"msnbridge/bridge"
)

// toChannel handles a message to a channel that we are in; false if it is to no
// channel of ours. What is for its operators alone (@#channel) belongs to it too.
func (c *Conn) toChannel(m *ircmsg.Message) bool {
	_, target := c.support.cutStatus(m.Params[0])
	ch := c.in(target)
	if ch == nil {
		return false
	}
	nick, _, ok := source(m)
	if m.Command == "NOTICE" && (!ok || !c.isMe(nick) && c.memberOf(ch, nick) == nil) {
		c.noticeIn(ch, m)
		return true
	}
	if !ok {
		c.pass("message from no person")
		return true
	}
	c.saidIn(ch, m, nick)
	return true
}

// saidIn is what somebody, or another client of ours, says in a channel. CTCP
// other than ACTION is not answered there.
func (c *Conn) saidIn(ch *channel, m *ircmsg.Message, nick string) {
	msg, ok := c.message(m)
	if !ok {
		return
	}
	if u := c.memberOf(ch, nick); u != nil {
		ch.show(u)
	}
	msg.Chat, msg.From, msg.Name = ch.chat, c.n.addr(nick), nick
	msg.Own = c.isMe(nick)
	msg.Mention = !msg.Own && c.names(msg.Text)
	c.tell(bridge.MessageReceived{Message: msg})
}

// noticeIn is what a server, or services from outside, say in a channel.
func (c *Conn) noticeIn(ch *channel, m *ircmsg.Message) {
	if text := last(m); text != "" && !strings.HasPrefix(m.Params[1], "\x01") {
		c.remarkIn(ch, "%s: %s", sourceName(m), text)
	}
}

// memberOf is who has this nick in a channel, or nil.
func (c *Conn) memberOf(ch *channel, nick string) *user {
	if u := c.user(nick); u != nil {
		if _, there := ch.members[u]; there {
			return u
		}
	}
	return nil
}

// typingIn passes on that somebody is writing in a channel.
func (c *Conn) typingIn(ch *channel, nick string) {
	if ch.most > 0 && c.memberOf(ch, nick) != nil {
		c.tell(bridge.Typing{Chat: ch.chat, From: c.n.addr(nick), Name: nick})
	}
}

// names tells whether a text has our nick as a word.
func (c *Conn) names(text string) bool {
	nick, text := c.support.fold(c.self.nick), c.support.fold(text)
	for from := 0; ; {
		i := strings.Index(text[from:], nick)
		if i < 0 {
			return false
		}
		i += from
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		after, _ := utf8.DecodeRuneInString(text[i+len(nick):])
		if !inWord(before) && !inWord(after) {
			return true
		}
		from = i + len(nick)
	}
}

// inWord tells whether a character next to a nick makes it part of another word.
// Brackets and quotes, which nicks can have too, do not.
func inWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) || strings.ContainsRune("-_|", r))
}
