package irc

import (
	"strings"
	"time"

	"github.com/ergochat/irc-go/ircmsg"

	"msnbridge/bridge"
)

// privmsg is PRIVMSG: target, text.
func privmsg(c *Conn, m *ircmsg.Message) {
	nick, mask, ok := source(m)
	target, text := m.Params[0], m.Params[1]
	switch {
	case !ok:
		c.pass("message from no person")
	case c.isMe(nick) && c.echo(target, text):
	case c.isMe(nick) && !c.isMe(target):
		c.own(m, target, text)
	case !c.isMe(target):
		c.pass("message to others") // a channel, or everybody
	default:
		c.said(m, nick, mask, text)
	}
}

// own is what another client said in our name, which a server tells with
// echo-message when it lets several use one nick.
func (c *Conn) own(m *ircmsg.Message, target, text string) {
	text, emote, ok := c.readable(text)
	if !ok || !isNick(target) || strings.TrimSpace(text) == "" {
		c.pass("own message")
		return
	}
	p := c.followed(target)
	if p == nil {
		p = c.talking(c.n.addr(target))
	}
	c.tell(bridge.MessageReceived{Message: bridge.Message{
		ID: messageID(m), Chat: p.chat, From: c.n.addr(c.self.nick), Name: c.self.nick,
		Text: text, Emote: emote, Time: saidAt(m), Own: true,
	}})
}

// skew is how wrong the clock of a server may be. What was said longer before the
// login was made is old: a bouncer plays it back.
const skew = 15 * time.Minute

// said is what somebody says to us.
func (c *Conn) said(m *ircmsg.Message, nick, mask, text string) {
	plainText, emote, ok := c.readable(text)
	if !ok {
		c.asked(nick, text)
		return
	}
	at := saidAt(m)
	if strings.TrimSpace(plainText) == "" || at.Add(skew).Unix() < c.login.Since {
		c.pass("empty or old message")
		return
	}
	chat, name := c.speaker(nick, mask)
	c.tell(bridge.MessageReceived{Message: bridge.Message{
		ID: messageID(m), Chat: chat, From: chat, Name: name, Text: plainText, Emote: emote, Time: at,
	}})
}

// speaker finds the conversation in which somebody speaks, and the name.
func (c *Conn) speaker(nick, mask string) (bridge.Addr, string) {
	p := c.followed(nick)
	if p == nil {
		p = c.meet(nick)
		c.arrived(nick, mask, nil)
	}
	p = c.talking(p.chat)
	switch {
	case p.now == "" || c.sameNick(p.now, nick):
		p.mask = mask
		return p.chat, nick
	default:
		return p.chat, nick + " (another person)"
	}
}

// readable takes a text to what can be shown. ok is false for CTCP other than
// ACTION, which is never shown.
func (c *Conn) readable(text string) (s string, emote, ok bool) {
	inner, ctcp := strings.CutPrefix(text, "\x01")
	if !ctcp {
		return plain(text), false, true
	}
	command, rest, _ := strings.Cut(strings.TrimSuffix(inner, "\x01"), " ")
	if command != "ACTION" {
		return "", false, false
	}
	return plain(rest), true, true
}

// notice is NOTICE: target, text. Of somebody who is watched or talked with it is
// a message; of others (services, mostly) a remark, which rings nobody. Servers
// write to their log, not to people. An answer to CTCP is not asked for.
func notice(c *Conn, m *ircmsg.Message) {
	nick, mask, ok := source(m)
	text := m.Params[1]
	if !ok || mask == "" || c.isMe(nick) || !c.isMe(m.Params[0]) || strings.HasPrefix(text, "\x01") {
		c.pass("notice")
		return
	}
	if p := c.find(nick); c.followed(nick) != nil || p != nil && (p.open() || len(p.watched) > 0) {
		c.said(m, nick, mask, text)
		return
	}
	if text = strings.TrimSpace(plain(text)); text != "" {
		c.tell(bridge.Remark{Chat: c.n.addr(nick), Text: nick + ": " + text})
	}
}

// tagmsg is TAGMSG: target. Its +typing tag is all that matters
// (https://ircv3.net/specs/client-tags/typing).
func tagmsg(c *Conn, m *ircmsg.Message) {
	nick, _, ok := source(m)
	_, typing := m.GetTag("+typing")
	if !ok || typing != "active" || c.isMe(nick) || !c.isMe(m.Params[0]) {
		c.pass("tags")
		return
	}
	chat := c.n.addr(nick)
	if p := c.followed(nick); p != nil {
		chat = p.chat
	} else if p := c.find(nick); p != nil {
		if p.now != "" {
			return // somebody else
		}
		chat = p.chat
	}
	c.tell(bridge.Typing{Chat: chat, From: chat})
}
