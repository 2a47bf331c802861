package irc

import (
	"slices"

	"github.com/ergochat/irc-go/ircmsg"

	"msnbridge/bridge"
)

// Standard replies (https://ircv3.net/specs/extensions/standard-replies): a
// command, a code, what it is about, and a text.

// failed is FAIL: a command of ours was not carried out.
func failed(c *Conn, m *ircmsg.Message) {
	if c.failedEntry(m) {
		return
	}
	if m.Params[0] == "CHATHISTORY" {
		c.historyRefused()
		return
	}
	about := m.Params[min(2, len(m.Params)):max(2, len(m.Params)-1)]
	if slices.ContainsFunc(about, func(name string) bool { return c.refuseTo(c.support.fold(name), last(m)) }) {
		return
	}
	if target, only := c.answer.onlyTarget(); only && slices.Contains([]string{"PRIVMSG", "BATCH"}, m.Params[0]) {
		c.refuseTo(target, last(m))
		return
	}
	c.log.Debug("irc command failed", "command", plain(m.Params[0]), "code", plain(m.Params[1]))
	c.pass("failure")
}

// noted is WARN or NOTE. What concerns a conversation is shown in it.
func noted(c *Conn, m *ircmsg.Message) {
	text := last(m)
	for _, name := range m.Params[min(2, len(m.Params)):max(2, len(m.Params)-1)] {
		if chat, open := c.conversation(name); open && text != "" {
			c.tell(bridge.Remark{Chat: chat, Text: text})
			return
		}
	}
	c.log.Debug("irc server remarks", "command", plain(m.Params[0]), "code", plain(m.Params[1]))
	c.pass("remark")
}

// conversation is the one with somebody of this nick, or in this channel, if there
// is one.
func (c *Conn) conversation(name string) (bridge.Addr, bool) {
	if ch := c.in(name); ch != nil {
		return ch.chat, true
	}
	if p := c.followed(name); p != nil {
		return p.chat, true
	}
	if p := c.find(name); p != nil && (p.open() || len(p.watched) > 0) {
		return p.chat, true
	}
	return bridge.Addr{}, false
}
