package irc

import (
	"slices"
	"strings"
	"time"

	"msnbridge/bridge"
)

// Bounds of what is remembered of channels.
const (
	maxChannels = 1000  // more are not entered
	maxUnasked  = 100   // channels that the network puts us into; of more we know nothing
	maxMembers  = 20000 // of one channel; more are counted
	maxUsers    = 50000 // of all channels; more are counted as members

	maxMemberships = 100000 // of all of them in all channels; more are counted
)

// channels are all channels that matter to a connection, and the people in them.
// Guarded by the Conn's lock.
type channels struct {
	fold    folding
	byName  map[string]*channel
	all     []*channel // in the order in which they came to matter
	users   map[string]*user
	members int // of all channels

	keys    map[string]string // of channels, as kept for the login; nil: not read yet
	named   bool              // Watch has been called
	changed bell              // rings when a channel is settled, or whole, or gone

	moving   *move     // the next JOIN or PART
	moveAt   time.Time // when it is worth looking for one; zero: now
	forwards map[string]time.Time

	invited invited
}

func newChannels() channels {
	return channels{
		fold: foldings["rfc1459"], byName: map[string]*channel{}, users: map[string]*user{},
		moving: new(move), forwards: map[string]time.Time{}, invited: newInvited(),
	}
}

// isRoom tells whether a is a channel of this network.
func (n *Network) isRoom(a bridge.Addr) bool { return a.Network == n.config.Name && isChannel(a.ID) }

// channel is the one of this name, or nil.
func (c *Conn) channel(name string) *channel { return c.channels.byName[c.channels.fold(name)] }

// in is the channel of this name if we are in it, or nil.
func (c *Conn) in(name string) *channel {
	if ch := c.channel(name); ch != nil && ch.standing == inside {
		return ch
	}
	return nil
}

// chanFor is channel, for one that is to matter; nil if there are too many.
func (c *Conn) chanFor(name string) *channel {
	if ch := c.channel(name); ch != nil {
		return ch
	}
	if len(c.channels.all) >= maxChannels {
		c.pass("too many channels")
		return nil
	}
	name = strings.Clone(name)
	ch := &channel{chat: c.n.addr(name), name: name, due: time.Now(), members: map[*user]member{}}
	ch.key = c.channels.keys[ch.chat.ID]
	c.channels.byName[c.channels.fold(name)] = ch
	c.channels.all = append(c.channels.all, ch)
	return ch
}

// channelName is what a channel is written to as.
func (c *Conn) channelName(chat bridge.Addr) string {
	if ch := c.channel(chat.ID); ch != nil {
		return ch.name
	}
	return chat.ID
}

// dropChannel forgets a channel that we are not in and that nobody wants.
func (c *Conn) dropChannel(ch *channel) {
	c.empty(ch)
	c.leftRoom(ch.chat, false)
	delete(c.channels.byName, c.channels.fold(ch.name))
	c.channels.all = slices.DeleteFunc(c.channels.all, func(other *channel) bool { return other == ch })
	c.channels.changed.ring()
}

// tellChannel tells the bridge whether we are in a channel.
func (c *Conn) tellChannel(ch *channel) {
	c.channels.changed.ring()
	if p, ok := ch.presence(); ok {
		c.tellPresence(ch, p)
	}
}

func (c *Conn) tellPresence(ch *channel, p bridge.Presence) {
	if p.State != bridge.Online {
		ch.most = 0 // the window is closed
	}
	for _, a := range ch.addrs() {
		c.tell(bridge.PresenceChanged{Addr: a, Presence: p, Name: ch.name})
	}
}

// indexChannels sorts the channels and the people in them anew, after a change of
// what the server takes for one name.
func (c *Conn) indexChannels(fold folding) {
	chs := &c.channels
	if probe := `A[]\~É`; fold(probe) == chs.fold(probe) {
		return
	}
	chs.fold, chs.byName = fold, map[string]*channel{}
	all := chs.all
	chs.all = nil
	for _, ch := range all {
		c.indexChannel(ch)
	}
	users := chs.users
	chs.users = map[string]*user{}
	for _, u := range users {
		if key := fold(u.nick); chs.users[key] == nil {
			chs.users[key] = u
		} else {
			c.forgetUser(u)
		}
	}
	if u := c.user(c.self.nick); u != nil {
		c.forgetUser(u)
	}
	c.stir()
}

// indexChannel puts a channel under its name. Two that turn out to be one become
// one.
func (c *Conn) indexChannel(ch *channel) {
	key := c.channels.fold(ch.name)
	other := c.channels.byName[key]
	if other == nil {
		c.channels.byName[key] = ch
		c.channels.all = append(c.channels.all, ch)
		return
	}
	for _, a := range ch.watched {
		other.watch(a)
	}
	other.asked = other.asked || ch.asked
	c.empty(ch)
}
