package irc

import (
	"strings"

	"github.com/ergochat/irc-go/ircmsg"

	"msnbridge/bridge"
)

// colourless are the modes by which a channel takes no formatting: the message is
// refused (c of InspIRCd and UnrealIRCd) or the codes are taken out (c elsewhere,
// and S). Where q is a list, as in Charybdis, S means something else.
func (m *modes) colourless() string {
	if m.kind('q') == listMode {
		return "c"
	}
	return "cS"
}

// strips tells whether a conversation is in a channel that takes no formatting.
func (c *Conn) strips(chat bridge.Addr) bool {
	ch := c.in(chat.ID)
	return ch != nil && strings.ContainsAny(ch.flags, c.support.modes.colourless())
}

// askFlags asks for the modes of a channel that we have entered, where one could
// matter.
func (c *Conn) askFlags(ch *channel) {
	for _, letter := range []byte(c.support.modes.colourless()) {
		if kind, has := c.support.modes.kinds[letter]; has && kind == flagMode {
			c.background("MODE", ch.name)
			return
		}
	}
}

// flagsAre is numeric 324: me, channel, modes, parameters.
func flagsAre(c *Conn, m *ircmsg.Message) {
	ch := c.in(m.Params[1])
	if ch == nil {
		c.pass("modes elsewhere")
		return
	}
	ch.flags = ""
	for _, change := range c.changes(m.Params[2], m.Params[3:]) {
		c.setFlag(ch, change)
	}
}

// setFlag notes a mode that has no parameter.
func (c *Conn) setFlag(ch *channel, change modeChange) {
	if c.support.modes.kind(change.letter) != flagMode {
		return
	}
	ch.flags = strings.ReplaceAll(ch.flags, string(change.letter), "")
	if change.set {
		ch.flags += string(change.letter)
	}
}
