package msn

import (
	"context"
	"errors"

	"msnbridge/bridge"
)

// roomFor is the room in the switchboard into which somebody at addr may perhaps
// be asked: they are of its network. Nil if there is none.
func (sb *switchboard) roomFor(addr bridge.Addr) *outward {
	sb.mu.Lock()
	defer sb.mu.Unlock()
	if o := sb.outward; o.present() && o.chat.IsRoom() && o.chat.Addr() != addr && o.chat.Addr().Network == addr.Network {
		return o
	}
	return nil
}

// errOwnerAsks is what a guest is told who has no login in the room.
var errOwnerAsks = errors.New("only who has opened this conversation can do that")

// inviteInto asks somebody into the room. If they come, the network says so.
func (s *seat) inviteInto(o *outward, trid uint32, handle string) {
	chat := o.chat
	if s != o.owner {
		g := o.voice(s)
		if g == nil {
			s.notInvited(o, trid, errOwnerAsks)
			return
		}
		chat = g.chat
	}
	chat.Invite(handle, func(_ *bridge.Chat, err error) {
		if err != nil {
			s.notInvited(o, trid, err)
			return
		}
		s.c.send(s.ringing(nil, trid))
	})
}

// notInvited answers a CAL into a room that has failed: with a number, and a line
// that says why if there is more to say.
func (s *seat) notInvited(o *outward, trid uint32, err error) {
	c := codeOf(err, callErrors)
	if c != codeInternal {
		s.fail(trid, c)
		return
	}
	s.fail(trid, codeNotThere)
	if why := printable(whyNotInvited(err)); why != "" {
		line := cut("(not invited: "+why) + ")"
		s.c.send(appendText(nil, o.handle, o.chat.Name(), line, bridge.Format{}))
	}
}

// whyNotInvited says it in plain words, or is empty.
func whyNotInvited(err error) string {
	var e *bridge.SendError
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return ""
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, bridge.ErrClosed):
		return "the network has not answered"
	case errors.As(err, &e) && e.Reason != "":
		return e.Reason
	}
	return err.Error()
}
