package irc

import (
	"slices"
	"strings"

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
		c.tellRest(ch)
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
