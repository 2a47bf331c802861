package irc

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"msnbridge/bridge"
)

// Roster implements bridge.Conn. If the channel is only being entered, it waits;
// and if that takes too long, the members are told once they are known.
func (c *Conn) Roster(ctx context.Context, room bridge.Addr, most int) error {
	if !c.n.isRoom(room) {
		return errors.ErrUnsupported
	}
	if most <= 0 {
		c.closeRoster(room)
		return nil
	}
	opened := false
	err := c.awaitChannels(ctx, func() (bool, error) {
		ch := c.channel(room.ID)
		switch {
		case ch == nil || !ch.wanted():
			return c.channels.named, errNotThere
		case ch.standing == outside && ch.refusal != "":
			return true, fmt.Errorf("%s: %s", ch.name, ch.refusal)
		case !opened:
			opened, ch.most = true, most
			if slices.Contains(ch.watched, room) {
				ch.chat = room
			}
			c.tellWhole(ch)
		}
		return ch.ready(), nil
	})
	if err != nil {
		return err
	}
	return c.flushed(ctx)
}

func (c *Conn) closeRoster(room bridge.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ch := c.channel(room.ID); ch != nil && ch.chat == room {
		ch.most, ch.split = 0, netsplit{}
	}
}

// open tells whether a window shows who is in a channel: changes are told from
// then on.
func (ch *channel) open() bool { return ch.most > 0 && ch.ready() }

// tellWhole tells who is in a channel, if there are not too many, and the topic.
func (c *Conn) tellWhole(ch *channel) {
	if !ch.open() {
		return
	}
	ch.split.gone, ch.split.back = crowd{}, crowd{}
	whole := bridge.RosterChanged{Room: ch.chat, Whole: true}
	if ch.count() <= ch.most {
		for _, u := range ch.byNick() {
			ch.show(u)
			whole.Joined = append(whole.Joined, c.contact(u.nick))
		}
	}
	c.tell(whole)
	c.tellTopic(ch)
}

// show notes that a window may show a member.
func (ch *channel) show(u *user) {
	if m, ok := ch.members[u]; ok && !m.shown {
		m.shown = true
		ch.members[u] = m
	}
}

// remarkIn is a line about a channel. It is lost on nobody if no window is open.
func (c *Conn) remarkIn(ch *channel, format string, args ...any) {
	if ch.most > 0 {
		c.tell(bridge.Remark{Chat: ch.chat, Text: fmt.Sprintf(format, args...)})
	}
}

// tellJoined tells of a new member, unless there are too many to be told of.
func (c *Conn) tellJoined(ch *channel, u *user) {
	c.flushSplit(ch)
	if ch.count() <= ch.most {
		ch.show(u)
		c.tell(bridge.RosterChanged{Room: ch.chat, Joined: []bridge.Contact{c.contact(u.nick)}})
	}
}

// tellRest tells of the members who were not told of because there were too many,
// when there are few enough again.
func (c *Conn) tellRest(ch *channel) {
	if !ch.open() || ch.count() != ch.most {
		return
	}
	change := bridge.RosterChanged{Room: ch.chat}
	for _, u := range ch.byNick() {
		if !ch.members[u].shown {
			ch.show(u)
			change.Joined = append(change.Joined, c.contact(u.nick))
		}
	}
	if len(change.Joined) > 0 {
		c.tell(change)
	}
}

// tellLeft tells that a member has left, and why, if a reason was given.
func (c *Conn) tellLeft(ch *channel, u *user, was member, how, reason string) {
	if !ch.open() || !was.shown {
		return
	}
	c.flushSplit(ch)
	if reason != "" {
		c.remarkIn(ch, "%s %s: %s", u.nick, how, reason)
	}
	c.tellGone(ch, u, was)
}

func (c *Conn) tellGone(ch *channel, u *user, was member) {
	if ch.open() && was.shown {
		c.flushSplit(ch)
		c.tell(bridge.RosterChanged{Room: ch.chat, Left: []bridge.Addr{c.n.addr(u.nick)}})
	}
}

// tellRenamed tells that a member has taken another nick.
func (c *Conn) tellRenamed(ch *channel, u *user, was string) {
	if !ch.open() || !ch.members[u].shown {
		return
	}
	c.flushSplit(ch)
	change := bridge.RosterChanged{Room: ch.chat, Joined: []bridge.Contact{c.contact(u.nick)}}
	if old := c.n.addr(was); old != change.Joined[0].Addr {
		change.Left = []bridge.Addr{old}
	}
	c.tell(change)
	c.remarkIn(ch, "%s is now known as %s", was, u.nick)
}

// tellOwnNick tells all open windows what we are called now.
func (c *Conn) tellOwnNick(now string) {
	for _, ch := range c.channels.all {
		if ch.open() {
			c.remarkIn(ch, "you are now known as %s", now)
		}
	}
}
