package matrix

import (
	"context"
	"log/slog"
	"maps"
	"slices"
)

// stateWarned is a list of encrypted rooms in which a ghost has said that it cannot read them.
const stateWarned = "warned"

// textNoKeys is what it says.
const textNoKeys = "This chat is encrypted, and I write with an old program (MSN Messenger) that cannot read encrypted " +
	"messages, so I see none of what is said here. Please start a chat with me that has encryption switched off."

// recallWarned reads where that was said.
func (c *Conn) recallWarned(ctx context.Context) error {
	var rooms []string
	err := c.get(ctx, stateWarned, &rooms)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.warned = map[string]bool{}
	for _, room := range rooms {
		c.warned[room] = true
	}
	return err
}

// warnSealed has a ghost say once in each encrypted room that it cannot read it: in the clear, as
// everybody there can see already that it is there.
func (c *Conn) warnSealed(b *batch) {
	if c.ghosts == nil {
		return
	}
	c.mu.Lock()
	var rooms []string
	for _, r := range b.rooms {
		_, known := c.warned[r.id]
		if r.encrypted && !r.unread && r.isRoom() && c.rooms.rooms[r.id] == r && !known && len(c.warned) < maxSecret {
			c.warned[r.id] = false
			rooms = append(rooms, r.id)
		}
	}
	c.mu.Unlock()
	for _, room := range rooms {
		c.spawn(func(ctx context.Context) { c.sayNoKeys(ctx, room) })
	}
}

func (c *Conn) sayNoKeys(ctx context.Context, room string) {
	err := c.api.try(ctx, func() error {
		_, _, err := c.api.send(ctx, room, typeMessage, txnID("no keys "+room), map[string]string{
			"msgtype": "m.notice", "body": textNoKeys, ownKey: "no keys",
		})
		return err
	})
	if err != nil && !definite(err) {
		return // the connection ends
	}
	if err != nil {
		c.log.Debug("matrix room not told that it cannot be read", slog.String("reason", brief(err)))
	}
	if err := c.put(ctx, stateWarned, c.haveWarned(room)); err != nil && ctx.Err() == nil {
		c.log.Warn("matrix state not stored", slog.Any("error", err))
	}
}

// haveWarned notes that it was said in a room, and lists where it was.
func (c *Conn) haveWarned(room string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.warned[room] = true
	said := slices.DeleteFunc(slices.Collect(maps.Keys(c.warned)), func(id string) bool { return !c.warned[id] })
	slices.Sort(said)
	return said
}
