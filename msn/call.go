package msn

import (
	"errors"
	"strconv"

	"msnbridge/bridge"
	"msnbridge/msn/wire"
)

// callErrors are the numbers for CAL (doc/protocol, 03 section 2).
var callErrors = map[error]code{
	bridge.ErrMalformed:    codeBadUser,
	bridge.ErrNoSuchUser:   codeNotOnline,
	bridge.ErrNoSuchPerson: codeNotOnline,
}

// cal calls someone into the switchboard: a local user is rung, a person or room
// outside is there at once, and others of its network are asked to come as well.
func cal(s *seat, r *request) error {
	if !s.ns.calls.Allow() {
		s.fail(r.trid, codeCallingFast)
		return nil
	}
	addr, err := s.ns.bs.Resolve(r.arg(0))
	switch {
	case err != nil:
		s.fail(r.trid, codeOf(err, callErrors))
	case addr.Network == bridge.Local:
		s.callUser(r.trid, addr.ID)
	default:
		s.callOutside(r.trid, addr, r.arg(0))
	}
	return nil
}

// ringing answers CAL.
func (s *seat) ringing(b []byte, trid uint32) []byte {
	return wire.AppendReply(b, "CAL", trid, "RINGING", strconv.FormatUint(uint64(s.sb.id), 10))
}

// callUser rings a user of this service.
func (s *seat) callUser(trid uint32, handle string) {
	if handle == s.handle || !s.sb.invite(handle) {
		s.fail(trid, codeThere)
		return
	}
	s.c.srv.bridge.Call(s.handle, handle, func(sink bridge.Sink, err error) {
		callee, ok := sink.(*session)
		if err == nil && !ok {
			err = bridge.ErrNotOnline
		}
		if err != nil {
			s.sb.uninvited(handle)
			s.fail(trid, codeOf(err, callErrors))
			return
		}
		// The caller is told first: the callee's JOI must not come before this.
		s.c.send(s.ringing(nil, trid))
		callee.turn(func() { callee.ring(s.sb, s.handle, s.name) })
	})
}

// callOutside opens the caller's conversation with a person or room outside.
func (s *seat) callOutside(trid uint32, addr bridge.Addr, handle string) {
	if o := s.sb.inviterFor(addr); o != nil {
		s.inviteInto(o, trid, handle)
		return
	}
	o := &outward{sb: s.sb, addr: addr, owner: s}
	if err := s.sb.reserve(o); err != nil {
		s.fail(trid, codeOf(err, callErrors))
		return
	}
	opened := func(chat *bridge.Chat, err error) {
		if err == nil {
			err = s.sb.admit(o, chat, trid)
		}
		if err == nil {
			o.attach()
			o.welcomeAll()
			return
		}
		s.sb.unreserve(o)
		s.fail(trid, codeOf(err, callErrors))
	}
	if !s.ns.bs.Post(func() { s.ns.bs.Open(handle, opened) }) {
		opened(nil, bridge.ErrNotOnline)
	}
}

// errTaken says that there is another person outside already.
var errTaken = errors.Join(codeNotThere, errors.New("someone outside is in the switchboard already"))

// reserve takes the place of the person outside, while that person is called.
func (sb *switchboard) reserve(o *outward) error {
	sb.mu.Lock()
	defer sb.mu.Unlock()
	switch {
	case sb.outward == nil:
		sb.outward = o
		return nil
	case sb.outward.is(o.addr):
		return codeThere
	}
	return errTaken
}

func (sb *switchboard) unreserve(o *outward) {
	sb.mu.Lock()
	defer sb.mu.Unlock()
	if sb.outward == o {
		sb.outward = nil
	}
}

// admit seats the person outside: the caller's CAL is answered, and all clients
// see the person join. An error if the caller has left meanwhile.
func (sb *switchboard) admit(o *outward, chat *bridge.Chat, trid uint32) error {
	sb.mu.Lock()
	defer sb.mu.Unlock()
	if sb.outward != o {
		return bridge.ErrNotOnline
	}
	o.chat, o.handle = chat, chat.Handle()
	o.owner.c.send(o.owner.ringing(nil, trid))
	sb.announce(joined(o.participant()), nil)
	return nil
}
