package irc

import (
	"fmt"
	"time"

	"github.com/ergochat/irc-go/ircmsg"

	"msnbridge/bridge"
)

// parted is PART: channels, reason.
func parted(c *Conn, m *ircmsg.Message) {
	nick, _, ok := source(m)
	if !ok {
		c.pass("PART of nobody")
		return
	}
	reason := ""
	if len(m.Params) > 1 {
		reason = last(m)
	}
	c.eachChannel(m.Params[0], func(name string) {
		ch := c.in(name)
		switch {
		case c.isMe(nick):
			c.ownPart(name)
		case ch == nil:
			c.pass("PART elsewhere")
		default:
			c.memberLeft(ch, nick, "has left", reason)
		}
	})
}

// memberLeft takes somebody out of a channel.
func (c *Conn) memberLeft(ch *channel, nick, how, reason string) {
	u := c.user(nick)
	was, ok := c.dropMember(ch, u)
	if !ok {
		c.lostOne(ch)
		return
	}
	c.tellLeft(ch, u, was, how, reason)
	c.tellRest(ch)
}

// kicked is KICK: channel, nick, reason.
func kicked(c *Conn, m *ircmsg.Message) {
	name, nick, reason, by := m.Params[0], m.Params[1], "", sourceName(m)
	if len(m.Params) > 2 {
		reason = last(m)
	}
	ch := c.in(name)
	switch {
	case ch == nil:
		c.pass("KICK elsewhere")
	case c.isMe(nick):
		c.remarkIn(ch, "%s", withReason(by+" has kicked you", reason))
		c.putOut(ch, withReason("kicked by "+by, reason))
	default:
		u := c.user(nick)
		was, ok := c.dropMember(ch, u)
		if !ok {
			c.lostOne(ch)
			return
		}
		c.remarkIn(ch, "%s", withReason(fmt.Sprintf("%s has kicked %s", by, u.nick), reason))
		c.tellGone(ch, u, was)
		c.tellRest(ch)
	}
}

// ownPart notes that we have left a channel, as we wanted or not.
func (c *Conn) ownPart(name string) {
	ch := c.channel(name)
	switch {
	case ch == nil || ch.standing != inside && ch.standing != leaving:
		c.pass("PART twice")
	case ch.standing == inside && ch.wanted() && !ch.unasked:
		c.remarkIn(ch, "you have been taken out of the channel")
		c.putOut(ch, "taken out of the channel")
	default:
		c.leftRoom(ch.chat, ch.wanted())
		c.empty(ch)
		ch.stand(outside)
		ch.due = ch.since
		ch.asked = ch.asked && !ch.unasked // who has put us in has taken us out
		c.tellPresence(ch, bridge.Presence{State: bridge.Offline})
		c.channels.changed.ring()
		c.stir()
	}
}

// putOut notes that somebody has put us out of a channel. We come back slowly, and
// more slowly if that happens again.
func (c *Conn) putOut(ch *channel, reason string) {
	if time.Since(ch.since) >= steady {
		ch.tries = 0
	}
	ch.asked = ch.asked && !ch.unasked
	c.leftRoom(ch.chat, true)
	c.empty(ch)
	c.refused(ch, reason, slowly)
}
