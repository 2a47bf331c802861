package irc

import (
	"slices"
	"strings"

	"msnbridge/bridge"
)

// A user is somebody else who is in a channel with us.
type user struct {
	nick string // as the server wrote it last
	mask string // user@host, or empty
	in   []*channel
}

// user is who has this nick, as far as channels show it, or nil.
func (c *Conn) user(nick string) *user { return c.channels.users[c.channels.fold(nick)] }

// contact is how the bridge knows somebody in a channel.
func (c *Conn) contact(nick string) bridge.Contact {
	return bridge.Contact{Addr: c.n.addr(nick), Name: nick}
}

// addMember notes that somebody is in a channel. It returns nil if that is not
// news, or more than is remembered.
func (c *Conn) addMember(ch *channel, nick, mask, ranks string) *user {
	u := c.user(nick)
	if u != nil {
		u.call(nick, mask)
		if _, there := ch.members[u]; there {
			return nil
		}
	}
	if u == nil && len(c.channels.users) >= maxUsers || len(ch.members) >= maxMembers || c.channels.members >= maxMemberships {
		ch.more++
		return nil
	}
	if u == nil {
		u = new(user)
		u.call(nick, mask)
		c.channels.users[c.channels.fold(u.nick)] = u
	}
	u.in = append(u.in, ch)
	ch.members[u] = member{ranks: ranks}
	c.channels.members++
	return u
}

// call notes how somebody is called, and the mask if it is known. The names are
// copies: they would keep the whole line that they came in.
func (u *user) call(nick, mask string) {
	if u.nick != nick {
		u.nick = strings.Clone(nick)
	}
	switch {
	case len(mask) > maxMask:
		u.mask = "" // no server has such
	case mask != "" && u.mask != mask:
		u.mask = strings.Clone(mask)
	}
}

// dropMember notes that somebody has left a channel; not ok if we have not seen
// them in it.
func (c *Conn) dropMember(ch *channel, u *user) (m member, ok bool) {
	if u == nil {
		return member{}, false
	}
	if m, ok = ch.members[u]; !ok {
		return m, false
	}
	delete(ch.members, u)
	c.channels.members--
	u.in = slices.DeleteFunc(u.in, func(other *channel) bool { return other == ch })
	if len(u.in) == 0 {
		delete(c.channels.users, c.channels.fold(u.nick))
	}
	return m, true
}

// forgetUser takes somebody out of all channels, without a word.
func (c *Conn) forgetUser(u *user) {
	for _, ch := range u.in {
		delete(ch.members, u)
		c.channels.members--
	}
	if c.user(u.nick) == u {
		delete(c.channels.users, c.channels.fold(u.nick))
	}
	u.in = nil
}

// empty takes everybody out of a channel, when we are not in it any more.
func (c *Conn) empty(ch *channel) {
	for u := range ch.members {
		c.dropMember(ch, u)
	}
	ch.forget()
}

// count is how many others are in a channel.
func (ch *channel) count() int { return len(ch.members) + ch.more }

// lostOne counts somebody out who was not kept.
func (c *Conn) lostOne(ch *channel) {
	if ch.more > 0 {
		ch.more--
		return
	}
	c.pass("unknown member")
}

// byNick lists the members of a channel.
func (ch *channel) byNick() []*user {
	list := make([]*user, 0, len(ch.members))
	for u := range ch.members {
		list = append(list, u)
	}
	slices.SortFunc(list, func(a, b *user) int { return compareFold(a.nick, b.nick) })
	return list
}
