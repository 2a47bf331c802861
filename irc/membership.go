package irc

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ergochat/irc-go/ircmsg"

	"msnbridge/bridge"
)

// maxList bounds the channels that one JOIN or PART of the server may name.
const maxList = 20

// eachChannel calls f for the names in a list of channels.
func (c *Conn) eachChannel(list string, f func(name string)) {
	for i, name := range strings.SplitN(list, ",", maxList+1) {
		if i == maxList || !c.support.isChannel(name) {
			c.pass("bad channel")
			return
		}
		f(name)
	}
}

// joined is JOIN: channels, and with extended-join an account and a real name.
func joined(c *Conn, m *ircmsg.Message) {
	nick, mask, ok := source(m)
	if !ok {
		c.pass("JOIN of nobody")
		return
	}
	c.eachChannel(m.Params[0], func(name string) {
		if c.isMe(nick) {
			c.entered(name)
		} else if ch := c.in(name); ch != nil {
			c.memberJoined(ch, nick, mask, c.within(m, "netjoin"))
		} else {
			c.pass("JOIN elsewhere")
		}
	})
	if !c.isMe(nick) {
		c.arrived(nick, mask, c.followed(nick))
	}
}

// entered notes that we are in a channel. Who else is follows, with the topic.
func (c *Conn) entered(name string) {
	ch := c.channel(name)
	if ch == nil {
		if ch = c.forced(name); ch == nil {
			return
		}
	}
	if ch.standing == inside {
		c.pass("JOIN twice")
		return
	}
	c.empty(ch)
	ch.stand(inside)
	ch.name, ch.refusal = strings.Clone(name), ""
	if !ch.wanted() {
		c.stir()
		return
	}
	c.list(ch)
	c.tellChannel(ch)
	c.enteredRoom(ch.chat, ch.name)
	c.askFlags(ch)
}

// forced makes the channel into which the network has put us: by services, by an
// operator, or because a bouncer was there before. In place of another one it is
// left at once, for nobody wants it.
func (c *Conn) forced(name string) *channel {
	n := 0
	for _, ch := range c.channels.all {
		if ch.unasked {
			n++
		}
	}
	if n >= maxUnasked {
		c.pass("too many channels")
		return nil
	}
	ch := c.chanFor(name)
	if ch != nil && !c.isForward(name) {
		ch.asked, ch.unasked, ch.listed = true, true, true
	}
	return ch
}

// list makes a contact of a channel that the user has accepted an invitation to,
// or that the network has put us into.
func (c *Conn) list(ch *channel) {
	if ch.listed {
		ch.listed = false
		c.tell(bridge.ContactFound{Contact: bridge.Contact{Addr: ch.chat, Name: ch.name}})
	}
}

func (c *Conn) memberJoined(ch *channel, nick, mask string, back bool) {
	u := c.addMember(ch, nick, mask, "")
	switch {
	case u == nil || !ch.open():
	case back || ch.split.hasLost(c.channels.fold(u.nick)):
		c.splitBack(ch, u)
	default:
		c.tellJoined(ch, u)
	}
}

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

// quitChannels takes somebody out of all channels who has left IRC, or was lost in
// a netsplit.
func (c *Conn) quitChannels(nick, reason string, split bool) {
	u := c.user(nick)
	if u == nil {
		return
	}
	for _, ch := range slices.Clone(u.in) {
		was, _ := c.dropMember(ch, u)
		if split {
			c.splitOff(ch, u, was)
		} else {
			c.tellLeft(ch, u, was, "has quit", reason)
		}
	}
}

// renameUser notes a new nick in all channels.
func (c *Conn) renameUser(old, now, mask string) {
	u := c.user(old)
	if u == nil {
		return
	}
	if other := c.user(now); other != nil && other != u {
		c.quitChannels(now, "", false) // the server knows better
	}
	delete(c.channels.users, c.channels.fold(old))
	was := u.nick
	u.call(now, mask)
	c.channels.users[c.channels.fold(u.nick)] = u
	for _, ch := range u.in {
		c.tellRenamed(ch, u, was)
	}
}
