package irc

import (
	"strings"

	"github.com/ergochat/irc-go/ircmsg"
)

// namesReply is numeric 353: me, a symbol, the channel, nicks with the symbols of
// their ranks (all of them with multi-prefix), and with their user@host
// (userhost-in-names). Only what follows our JOIN is wanted.
func namesReply(c *Conn, m *ircmsg.Message) {
	ch := c.in(m.Params[len(m.Params)-2])
	if ch == nil || ch.whole {
		c.pass("names")
		return
	}
	for item := range strings.FieldsSeq(m.Params[len(m.Params)-1]) {
		ranks, item := c.support.modes.cutPrefixes(item)
		nick, mask, _ := strings.Cut(item, "!")
		switch {
		case !isNick(nick):
			c.pass("member without a nick")
		case !c.isMe(nick):
			c.addMember(ch, nick, mask, ranks)
			c.arrived(nick, mask, c.followed(nick))
		}
	}
}

// namesEnd is numeric 366: me, the channel, text.
func namesEnd(c *Conn, m *ircmsg.Message) {
	ch := c.in(m.Params[1])
	if ch == nil || ch.whole {
		return
	}
	ch.whole = true
	c.channels.changed.ring()
	c.tellWhole(ch)
	c.askMembers(ch)
}
