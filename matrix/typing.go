package matrix

import (
	"context"
	"time"

	"maunium.net/go/mautrix/id"

	"msnbridge/bridge"
)

// SetTyping tells a room that we type, or a person in the direct chat that a message would go to.
// Without one nothing happens.
func (c *Conn) SetTyping(ctx context.Context, chat bridge.Addr, typing bool) error {
	if err := c.alive(); err != nil {
		return err
	}
	room := c.goingOn(chat)
	if room == "" || c.unheard(chat) {
		return nil
	}
	ctx, stop := c.during(ctx)
	defer stop()
	c.talks()
	c.mu.Lock()
	c.typed[room] = typing
	if !typing {
		delete(c.typed, room)
	}
	c.mu.Unlock()
	return c.putTyping(ctx, room, typing)
}

// goingOn is the room in which one talks with a person or in a room just now; empty if in none.
func (c *Conn) goingOn(chat bridge.Addr) string {
	if isRoom(chat) {
		if c.isIn(chat.ID) {
			return chat.ID
		}
		return ""
	}
	c.mu.Lock()
	via := c.going[chat.ID]
	c.mu.Unlock()
	return c.choose(chat.ID, via)
}

// talksIn notes in which room one talks with a person. Conn.mu is held.
func (c *Conn) talksIn(who, room string) {
	if _, known := c.going[who]; !known && len(c.going) >= maxPeople {
		clear(c.going)
	}
	c.going[who] = room
}

func (c *Conn) putTyping(ctx context.Context, room string, typing bool) error {
	ctx, cancel := c.api.limited(ctx)
	defer cancel()
	_, err := c.api.client.UserTyping(ctx, id.RoomID(room), typing, c.times.Typing)
	return err
}

// typedOut says that we have stopped to type, after a message. The notice would hold for a while.
func (c *Conn) typedOut(room string) {
	c.mu.Lock()
	typed := c.typed[room]
	delete(c.typed, room)
	c.mu.Unlock()
	if typed {
		c.spawn(func(ctx context.Context) { _ = c.putTyping(ctx, room, false) })
	}
}

// A typist is somebody who types. The homeserver tells when that begins and ends; what is shown of
// it elsewhere soon fades, so it is said again.
type typist struct {
	event       bridge.Typing
	since, told time.Time
}

type typistKey struct{ room, who string }

// maxTyping is how long somebody types at most, should the end never be told, and maxTypists how
// many do so in a room.
const (
	maxTyping  = 2 * time.Minute
	maxTypists = 20
)

// stillTyping makes events for those who type, and says when to look again. Conn.mu is held.
func (c *Conn) stillTyping(now time.Time) (evs []bridge.Event, wait time.Duration) {
	wait = c.times.Idle
	for key, t := range c.typists {
		if now.Sub(t.since) > maxTyping {
			delete(c.typists, key)
			continue
		}
		if now.Sub(t.told) >= c.times.Repeat {
			t.told = now
			c.typists[key] = t
			evs = append(evs, t.event)
		}
		wait = min(wait, max(c.times.Repeat-now.Sub(t.told), time.Millisecond))
	}
	return evs, wait
}
