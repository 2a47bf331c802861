package matrix

import (
	"context"
	"fmt"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"msnbridge/bridge"
)

// Gather makes a private room without a name for these people, whom it invites.
func (c *Conn) Gather(ctx context.Context, people []bridge.Addr) (bridge.Contact, error) {
	if err := c.alive(); err != nil {
		return bridge.Contact{}, err
	}
	invite := make([]id.UserID, len(people))
	for i, who := range people {
		if err := c.person(who); err != nil {
			return bridge.Contact{}, err
		}
		invite[i] = id.UserID(who.ID)
	}
	ctx, stop := c.during(ctx)
	defer stop()
	room, err := c.makeRoom(ctx, &mautrix.ReqCreateRoom{
		Preset: "private_chat", Visibility: "private", Invite: invite,
	})
	if err != nil {
		return bridge.Contact{}, fmt.Errorf("the room could not be made: %s", brief(err))
	}
	return c.asContact(ctx, room)
}

// makeRoom makes a room, which is encrypted if all who are invited can read that. It is tried again
// only where no second room can come of it.
func (c *Conn) makeRoom(ctx context.Context, req *mautrix.ReqCreateRoom) (room string, err error) {
	encrypted := c.encryptNew(ctx, req)
	err = c.api.try(ctx, func() error {
		var left bool
		room, left, err = c.api.create(ctx, req)
		if err != nil && left && retryAfter(err) == 0 {
			return final{err}
		}
		return err
	})
	if err == nil && encrypted {
		c.noteEncrypted(room)
	}
	if err == nil {
		c.arrived(room)
	}
	return room, err
}
