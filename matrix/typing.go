package matrix

import (
	"context"
	"time"

	"maunium.net/go/mautrix/id"

	"msnbridge/bridge"
)

// SetTyping tells the person that we type, in the direct chat that a message would go to. Without
// one nothing happens.
func (c *Conn) SetTyping(ctx context.Context, chat bridge.Addr, typing bool) error {
	if err := c.alive(); err != nil {
		return err
	}
	room := c.choose(chat.ID, "")
	if room == "" {
		return nil
	}
	ctx, stop := c.during(ctx)
	defer stop()
	c.mu.Lock()
	c.typed[room] = typing
	if !typing {
		delete(c.typed, room)
	}
	c.mu.Unlock()
	return c.putTyping(ctx, room, typing)
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
type typist struct{ since, told time.Time }

// maxTyping is how long somebody types at most, should the end never be told.
const maxTyping = 2 * time.Minute

// stillTyping makes events for those who type, and says when to look again. Conn.mu is held.
func (c *Conn) stillTyping(now time.Time) (evs []bridge.Event, wait time.Duration) {
	wait = c.times.Idle
	for who, t := range c.typists {
		if now.Sub(t.since) > maxTyping {
			delete(c.typists, who)
			continue
		}
		if now.Sub(t.told) >= c.times.Repeat {
			t.told = now
			c.typists[who] = t
			evs = append(evs, typingOf(who))
		}
		wait = min(wait, max(c.times.Repeat-now.Sub(t.told), time.Millisecond))
	}
	return evs, wait
}

func typingOf(who string) bridge.Event { return bridge.Typing{Chat: addr(who), From: addr(who)} }
