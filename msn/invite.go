package msn

import (
	"context"
	"errors"

	"msnbridge/bridge"
)

// inviterFor is who is outside, if somebody at addr may perhaps be asked to come as
// well: they are of the same network. Nil if there is nobody.
func (sb *switchboard) inviterFor(addr bridge.Addr) *outward {
	sb.mu.Lock()
	defer sb.mu.Unlock()
	if o := sb.outward; o.present() && o.chat.Addr() != addr && o.chat.Addr().Network == addr.Network {
		return o
	}
	return nil
}

// errOwnerAsks is what a guest is told who has no login in the room.
var errOwnerAsks = errors.New("only who has opened this conversation can do that")

// mostGathering is how many wait to be asked into a room that is being made.
const mostGathering = 20

// An asking is a CAL that waits for a room.
type asking struct {
	trid   uint32
	handle string
}

// inviteInto asks somebody into the conversation. If they come, the network says so.
// With a person outside, it becomes a room, into which all further are asked.
func (s *seat) inviteInto(o *outward, trid uint32, handle string) {
	chat := o.chat
	switch {
	case s != o.owner && !chat.IsRoom():
		s.fail(trid, codeNotThere)
		return
	case s != o.owner:
		g := o.voice(s)
		if g == nil {
			s.notInvited(o, trid, errOwnerAsks)
			return
		}
		chat = g.chat
	case !chat.IsRoom():
		s.gather(o, asking{trid, handle})
		return
	}
	chat.Invite(handle, func(_ *bridge.Chat, err error) { s.invited(o, trid, err) })
}

// invited answers the CAL.
func (s *seat) invited(o *outward, trid uint32, err error) {
	if err != nil {
		s.notInvited(o, trid, err)
		return
	}
	s.c.send(s.ringing(nil, trid))
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
