package msn

import (
	"slices"
	"sync"
	"time"

	"msnbridge/bridge"
	"msnbridge/msn/wire"
)

// A switchboard is a conversation of clients, and of at most one person outside
// of MSN. It has no goroutine, and ends with its last client.
type switchboard struct {
	srv *Server
	id  uint32

	mu      sync.Mutex // guards the rest; held to look at it and to append to queues
	seats   []*seat    // in the order in which they came
	outward *outward   // nil: none; without an owner while it rings, without a chat while it is called
	invited []invitation
}

// An invitation is a local user who has been rung and has not answered.
type invitation struct {
	handle string
	until  time.Time
}

func newSwitchboard(s *Server) *switchboard {
	return &switchboard{srv: s, id: s.nextID()}
}

// join seats a client that came with USR, or that answers a ring: it is told who
// is there, and they are told of it (doc/protocol, 03 section 1). It returns
// the person outside whom this client has just answered. Not ok: the user is
// inside already.
func (sb *switchboard) join(s *seat, trid uint32, answer bool) (answered *outward, ok bool) {
	sb.mu.Lock()
	defer sb.mu.Unlock()
	if sb.inside(s.handle) {
		return nil, false
	}
	sb.uninvite(s.handle)
	if o := sb.outward; o != nil && o.owner == nil {
		o.owner, answered = s, o
	}
	sb.seats = append(sb.seats, s)
	if sb.outward.present() {
		sb.announce(sb.outward.reseat(), s)
	}
	if answer {
		s.c.send(sb.roster(s, trid))
		sb.announce(joined(s.participant()), s)
	}
	return answered, true
}

// inside tells whether a user is in the switchboard. sb.mu is held.
func (sb *switchboard) inside(handle string) bool {
	return slices.ContainsFunc(sb.seats, func(s *seat) bool { return s.handle == handle })
}

// outside is the person or room outside, if it can be seen and spoken to.
func (sb *switchboard) outside() *outward {
	sb.mu.Lock()
	defer sb.mu.Unlock()
	if sb.outward.present() {
		return sb.outward
	}
	return nil
}

// seated tells whether a client is there. sb.mu is held.
func (sb *switchboard) seated(s *seat) bool { return slices.Contains(sb.seats, s) }

// roster is the answer to the ANS of a client: who else is there, and OK.
func (sb *switchboard) roster(but *seat, trid uint32) []byte {
	others := sb.others(but)
	var n notice
	for i, p := range others {
		n.answers(trid, i+1, len(others), p)
	}
	return wire.AppendReply(n.to(but), "ANS", trid, "OK")
}

// others are all who are there but one: clients, who is outside, and members of
// the room. sb.mu is held.
func (sb *switchboard) others(but *seat) []participant {
	var ps []participant
	for _, s := range sb.seats {
		if s != but {
			ps = append(ps, s.participant())
		}
	}
	if o := sb.outward; o.present() {
		ps = append(ps, o.participant())
		for _, m := range o.roster.seated() {
			ps = append(ps, m.participant())
		}
	}
	return ps
}

// clients is how many clients there are.
func (sb *switchboard) clients() int {
	sb.mu.Lock()
	defer sb.mu.Unlock()
	return len(sb.seats)
}

// tell sends b to all clients but one. sb.mu is held.
func (sb *switchboard) tell(b []byte, but *seat) {
	if len(b) == 0 {
		return
	}
	for _, s := range sb.seats {
		if s != but {
			s.c.send(b)
		}
	}
}

// leave takes a client's seat away, and the person or room outside with it if
// that is this client's.
func (sb *switchboard) leave(s *seat) {
	sb.mu.Lock()
	if i := slices.Index(sb.seats, s); i >= 0 {
		sb.seats = slices.Delete(sb.seats, i, i+1)
		sb.announce(left(s.handle), nil)
	}
	mine, guests := sb.release(s)
	sb.mu.Unlock()
	if mine != nil {
		mine.chat.Detach(mine)
	}
	dismiss(guests)
}

// release takes away what a client had outside: the seat of whom it has called,
// with all who are guests there, or that it was a guest itself. sb.mu is held.
func (sb *switchboard) release(s *seat) (mine *outward, guests map[*seat]*guest) {
	o := sb.outward
	switch {
	case o == nil:
	case o.owner == s:
		sb.outward = nil
		if o.chat != nil {
			sb.announce(o.farewell(), nil)
			mine, guests, o.guests = o, o.guests, nil
		}
	case o.guests[s] != nil:
		guests = map[*seat]*guest{s: o.guests[s]}
		delete(o.guests, s)
		sb.announce(o.reseat(), nil)
	}
	return mine, guests
}

// invite notes that a local user is being rung. False: that user is inside, or
// has been rung already.
func (sb *switchboard) invite(handle string) bool {
	sb.mu.Lock()
	defer sb.mu.Unlock()
	now := time.Now()
	sb.invited = slices.DeleteFunc(sb.invited, func(i invitation) bool { return now.After(i.until) })
	rung := slices.ContainsFunc(sb.invited, func(i invitation) bool { return i.handle == handle })
	if rung || sb.inside(handle) {
		return false
	}
	sb.invited = append(sb.invited, invitation{handle, now.Add(bridge.RingTime)})
	return true
}

// uninvited forgets that a user was rung.
func (sb *switchboard) uninvited(handle string) {
	sb.mu.Lock()
	defer sb.mu.Unlock()
	sb.uninvite(handle)
}

func (sb *switchboard) uninvite(handle string) {
	sb.invited = slices.DeleteFunc(sb.invited, func(i invitation) bool { return i.handle == handle })
}
