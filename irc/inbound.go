package irc

import (
	"strings"

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
	case c.toChannel(m):
	case c.isMe(nick) && !c.isMe(target):
		c.own(m, target)
	case !c.isMe(target):
		c.pass("message to others") // everybody, or a channel that we are not in
	case isCTCP(text):
		c.asked(nick, text)
	default:
		c.said(m, nick, mask)
	}
}

// own is what another client said in our name, which a server tells with
// echo-message when it lets several use one nick.
func (c *Conn) own(m *ircmsg.Message, target string) {
	msg, ok := c.message(m)
	if !ok || !isNick(target) {
		c.pass("own message")
		return
	}
	p := c.followed(target)
	if p == nil {
		p = c.talking(c.n.addr(target))
	}
	msg.Chat, msg.From, msg.Name, msg.Own = p.chat, c.n.addr(c.self.nick), c.self.nick, true
	c.tell(bridge.MessageReceived{Message: msg})
}

// said is what somebody says to us.
func (c *Conn) said(m *ircmsg.Message, nick, mask string) {
	msg, ok := c.message(m)
	if !ok {
		return
	}
	chat, name := c.speaker(m, nick, mask)
	msg.Chat, msg.From, msg.Name = chat, chat, name
	c.tell(bridge.MessageReceived{Message: msg})
}

// speaker finds the conversation in which somebody speaks, and the name.
func (c *Conn) speaker(m *ircmsg.Message, nick, mask string) (bridge.Addr, string) {
	p := c.followed(nick)
	if p == nil {
		p = c.meet(nick)
		c.arrived(nick, mask, nil)
		c.seeAccount(m)
	}
	p = c.talking(p.chat)
	c.warn(p)
	switch {
	case p.proof == stranger:
		return p.chat, nick + " (another person)"
	case p.now == "" || c.sameNick(p.now, nick):
		p.mask = mask
		return p.chat, nick
	default:
		return p.chat, nick + " (another person)"
	}
}

// notice is NOTICE: target, text. Of somebody who is watched or talked with it is
// a message; of others (services, mostly) a remark, which rings nobody. Servers
// write to their log, not to people. An answer to CTCP is not asked for.
func notice(c *Conn, m *ircmsg.Message) {
	nick, mask, ok := source(m)
	text := m.Params[1]
	if c.toChannel(m) {
		return
	}
	if !ok || mask == "" || c.isMe(nick) || !c.isMe(m.Params[0]) || strings.HasPrefix(text, "\x01") {
		c.pass("notice")
		return
	}
	c.serviceSays(nick, c.id.scrub(last(m)))
	if p := c.find(nick); c.followed(nick) != nil || p != nil && (p.open() || len(p.watched) > 0) {
		c.said(m, nick, mask)
		return
	}
	if text = strings.TrimSpace(c.id.scrub(plain(text))); text != "" {
		c.tell(bridge.Remark{Chat: c.n.addr(nick), Text: nick + ": " + text})
	}
}

// typingTag is the value of the tag of who is writing, which was a draft once.
func typingTag(m *ircmsg.Message) string {
	if ok, value := m.GetTag("+typing"); ok {
		return value
	}
	_, value := m.GetTag("+draft/typing")
	return value
}

// tagmsg is TAGMSG: target. Its +typing tag is all that matters
// (https://ircv3.net/specs/client-tags/typing).
func tagmsg(c *Conn, m *ircmsg.Message) {
	nick, _, ok := source(m)
	typing := typingTag(m)
	ch := c.in(m.Params[0])
	if !ok || typing != "active" || c.isMe(nick) || ch == nil && !c.isMe(m.Params[0]) {
		c.pass("tags")
		return
	}
	if ch != nil {
		c.typingIn(ch, nick)
		return
	}
	chat := c.n.addr(nick)
	if p := c.followed(nick); p != nil {
		chat = p.chat
	} else if p := c.find(nick); p != nil {
		if p.now != "" || p.proof >= doubted {
			return // somebody else
		}
		chat = p.chat
	}
	c.tell(bridge.Typing{Chat: chat, From: chat})
}
