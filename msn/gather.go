package msn

import "msnbridge/bridge"

// gather makes the conversation with the person outside a room with that person and
// another. Who is asked meanwhile waits for the room.
func (s *seat) gather(o *outward, who asking) {
	switch now := s.waitForRoom(o, who); now {
	case o:
	case nil:
		return
	default:
		s.inviteInto(now, who.trid, who.handle)
		return
	}
	o.chat.Invite(who.handle, func(room *bridge.Chat, err error) {
		if room == nil {
			s.invited(o, who.trid, err)
			s.askLater(o, o.gathered())
			return
		}
		n := &outward{sb: s.sb, owner: s, chat: room, addr: room.Addr(), handle: room.Handle()}
		s.moveInto(o, n, who.trid)
		s.askLater(n, o.gathered())
	})
}

// waitForRoom is who is outside now: o, which is to become a room, or the room that it
// has become. Nil: who is to be asked has to wait, or cannot be asked any more.
func (s *seat) waitForRoom(o *outward, who asking) *outward {
	s.sb.mu.Lock()
	defer s.sb.mu.Unlock()
	switch {
	case !s.sb.outward.present():
		s.fail(who.trid, codeNotOnline)
		return nil
	case s.sb.outward != o:
		return s.sb.outward
	case !o.gathering:
		o.gathering = true
		return o
	case len(o.later) >= mostGathering:
		s.fail(who.trid, codeCallingFast)
	default:
		o.later = append(o.later, who)
	}
	return nil
}

// gathered takes note that no room is being made any more, and returns who has waited
// for it.
func (o *outward) gathered() (later []asking) {
	o.sb.mu.Lock()
	defer o.sb.mu.Unlock()
	later, o.later, o.gathering = o.later, nil, false
	return later
}

// askLater asks those who have waited, once it is known what has become of the room.
func (s *seat) askLater(o *outward, later []asking) {
	for _, who := range later {
		s.inviteInto(o, who.trid, who.handle)
	}
}

// moveInto goes on with a conversation in the room that has been made of it, unless
// its owner has left meanwhile. The person who was there keeps their seat; what they
// write to the owner alone rings anew.
func (s *seat) moveInto(o, n *outward, trid uint32) {
	if !s.sb.replace(o, n, s.ringing(nil, trid)) {
		s.fail(trid, codeNotOnline)
		return
	}
	o.chat.Detach(o)
	n.attach()
	n.welcomeAll()
}

// replace seats the room in the place of the person outside: the owner's CAL is
// answered, and all clients see the room join. False: that person is not there any
// more.
func (sb *switchboard) replace(o, n *outward, answer []byte) bool {
	sb.mu.Lock()
	defer sb.mu.Unlock()
	if sb.outward != o {
		return false
	}
	n.roster.keep(bridge.Member{Addr: o.chat.Addr(), Handle: o.handle, Name: o.chat.Name()})
	sb.outward = n
	o.owner.c.send(answer)
	sb.announce(joined(n.participant()), nil)
	return true
}
