package matrix

import (
	"context"
	"errors"
	"fmt"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"msnbridge/bridge"
)

// inviteReasons are why somebody cannot be asked into a room, by error code.
var inviteReasons = map[string]string{
	"M_FORBIDDEN":                "you may not invite people into this room",
	"M_UNSUPPORTED_ROOM_VERSION": "their homeserver does not know rooms of this kind",
	"M_LIMIT_EXCEEDED":           "the homeserver wants fewer invitations at a time",
}

// Invite asks somebody into a room.
func (c *Conn) Invite(ctx context.Context, room, who bridge.Addr) error {
	if err := c.alive(); err != nil {
		return err
	}
	if !isRoom(room) || who.Network != name {
		return errors.ErrUnsupported
	}
	if err := c.somebody(room); err != nil {
		return err
	}
	if who.ID == c.me {
		return bridge.ErrAlreadyThere
	}
	if err := c.person(who); err != nil {
		return err
	}
	ctx, stop := c.during(ctx)
	defer stop()
	return c.invite(ctx, room.ID, who.ID)
}

func (c *Conn) invite(ctx context.Context, room, who string) error {
	there, err := c.isInvited(ctx, room, who)
	if err != nil {
		return err
	}
	if there {
		return bridge.ErrAlreadyThere
	}
	if _, err := c.lookUp(ctx, who); err != nil {
		return err
	}
	err = c.api.try(ctx, func() error {
		ctx, cancel := c.api.limited(ctx)
		defer cancel()
		_, err := c.api.client.InviteUser(ctx, id.RoomID(room), &mautrix.ReqInviteUser{UserID: id.UserID(who)})
		return err
	})
	return inviteFailure(who, err)
}

// isInvited tells whether somebody is in a room or asked into it.
func (c *Conn) isInvited(ctx context.Context, room, who string) (bool, error) {
	var m memberContent
	err := c.api.try(ctx, func() error {
		body, err := c.api.state(ctx, room, typeMember, who)
		lenient(body, &m)
		return err
	})
	if err != nil && !definite(err) {
		return false, fmt.Errorf("the homeserver does not answer: %s", brief(err))
	}
	return err == nil && isIn(m.Membership), nil
}

// inviteFailure says in plain words why somebody cannot be asked.
func inviteFailure(who string, err error) error {
	if err == nil {
		return nil
	}
	switch code := codeOf(err); {
	case code == "M_NOT_FOUND":
		return fmt.Errorf("%w: the homeserver cannot invite %s", bridge.ErrNoSuchPerson, who)
	case code == "M_BAD_STATE":
		return errors.New("they are in the room already, or banned from it")
	case inviteReasons[code] != "":
		return errors.New(inviteReasons[code])
	}
	return fmt.Errorf("the invitation failed: %s", brief(err))
}
