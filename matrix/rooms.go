package matrix

import (
	"context"
	"errors"

	"msnbridge/bridge"
)

// Why nothing can be done in a room; said to the user.
var (
	errNotIn    = errors.New("you are not in this room")
	errReplaced = errors.New("this room was replaced by another")
)

// isRoom tells whether an address is a room's, or its alias.
func isRoom(a bridge.Addr) bool { return a.Network == name && (validRoom(a.ID) || validAlias(a.ID)) }

// somebody is an error if nobody can be talked to at an address just now: a person who cannot be,
// or a room that we are not in.
func (c *Conn) somebody(a bridge.Addr) error {
	if !isRoom(a) {
		if err := c.person(a); err != nil {
			return err
		}
		return c.ghosts.notOurs(a.ID)
	}
	if !c.isIn(a.ID) {
		return errNotIn
	}
	return nil
}

func (c *Conn) isIn(room string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rooms.rooms[room] != nil
}

// place is the room that a message goes to.
func (c *Conn) place(ctx context.Context, msg bridge.Message) (string, error) {
	if isRoom(msg.Chat) {
		return msg.Chat.ID, nil
	}
	room, err := c.roomFor(ctx, msg.Chat.ID, msg.Via)
	if err == nil {
		c.mu.Lock()
		c.talksIn(msg.Chat.ID, room)
		c.mu.Unlock()
	}
	return room, err
}
