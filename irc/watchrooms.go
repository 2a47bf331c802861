package irc

import (
	"context"
	"slices"

	"msnbridge/bridge"
)

// watchRooms has us enter the channels that are named, and leave those that are
// not named any more.
func (c *Conn) watchRooms(who []bridge.Addr) {
	before := map[*channel][]bridge.Addr{}
	for _, ch := range c.channels.all {
		before[ch], ch.watched = ch.watched, nil
	}
	for _, a := range who {
		if c.n.isRoom(a) {
			c.watchRoom(a, before)
		}
	}
	for ch, addrs := range before {
		ch.converse()
		if len(addrs) > 0 && !ch.wanted() {
			c.stir()
		}
	}
	c.channels.named = true
	c.channels.changed.ring()
}

// watchRoom watches an address; if that is new, it is told what is known.
func (c *Conn) watchRoom(a bridge.Addr, before map[*channel][]bridge.Addr) {
	ch := c.chanFor(a.ID)
	if ch == nil {
		c.tell(bridge.PresenceChanged{Addr: a, Presence: bridge.Presence{State: bridge.Away, Note: "too many channels"}})
		return
	}
	if !slices.Contains(before[ch], a) {
		if p, ok := ch.presence(); ok {
			c.tell(bridge.PresenceChanged{Addr: a, Presence: p, Name: ch.name})
		}
		c.stir()
	}
	ch.watch(a)
	ch.asked, ch.unasked = false, false
}

// addRoom is AddContact for a channel.
func (c *Conn) addRoom(room bridge.Addr) (bridge.Contact, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.closed(); err != nil {
		return bridge.Contact{}, err
	}
	if c.poll.settled && (!c.support.isChannel(room.ID) || len(room.ID) > c.support.channelLen) {
		return bridge.Contact{}, bridge.ErrNoSuchPerson
	}
	name := room.ID
	if ch := c.chanFor(room.ID); ch != nil {
		ch.asked = ch.asked || len(ch.watched) == 0
		name = ch.name
		c.stir()
	}
	return bridge.Contact{Addr: room, Name: name}, nil
}

// RemoveContact implements bridge.Conn: it leaves a channel. IRC keeps no people.
func (c *Conn) RemoveContact(ctx context.Context, room bridge.Addr) error {
	if !c.n.isRoom(room) {
		return nil
	}
	c.mu.Lock()
	c.channels.invited.forget(c.channels.fold(room.ID))
	if ch := c.channel(room.ID); ch != nil {
		ch.unwatch(room)
		c.stir()
	}
	c.mu.Unlock()
	return c.saveKey(ctx, room.ID, "")
}
