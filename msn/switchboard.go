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
	if answer {
		s.c.send(sb.roster(trid))
		joi := wire.AppendEnd(appendName(wire.AppendWord([]byte("JOI"), s.handle), s.name, s.handle))
		sb.tell(joi, nil)
	}
	sb.seats = append(sb.seats, s)
	return answered, true
}

// inside tells whether a user is in the switchboard. sb.mu is held.
func (sb *switchboard) inside(handle string) bool {
	return slices.ContainsFunc(sb.seats, func(s *seat) bool { return s.handle == handle })
}

// roster is the answer to ANS: who is there, and OK.
func (sb *switchboard) roster(trid uint32) []byte {
	var b []byte
	total := len(sb.seats)
	if sb.outward.present() {
		total++
	}
	line := func(i int, handle, name string) {
		b = wire.AppendInt(append(b, "IRO"...), int64(trid))
		b = wire.AppendInt(wire.AppendInt(b, int64(i)), int64(total))
		b = wire.AppendEnd(appendName(wire.AppendWord(b, handle), name, handle))
	}
	for i, s := range sb.seats {
		line(i+1, s.handle, s.name)
	}
	if total > len(sb.seats) {
		line(total, sb.outward.chat.Handle(), sb.outward.chat.Name())
	}
	return wire.AppendReply(b, "ANS", trid, "OK")
}

// tell sends b to all clients but one. sb.mu is held.
func (sb *switchboard) tell(b []byte, but *seat) {
	for _, s := range sb.seats {
		if s != but {
			s.c.send(b)
		}
	}
}

// leave takes a client's seat away, and the person outside with it if that is
// this client's.
func (sb *switchboard) leave(s *seat) {
	sb.mu.Lock()
	i := slices.Index(sb.seats, s)
	if i >= 0 {
		sb.seats = slices.Delete(sb.seats, i, i+1)
		sb.tell(wire.AppendCommand(nil, "BYE", s.handle), nil)
	}
	o := sb.outward
	if o == nil || o.owner != s {
		o = nil
	} else {
		sb.outward = nil
		if o.chat != nil {
			sb.tell(wire.AppendCommand(nil, "BYE", o.chat.Handle()), nil)
		}
	}
	sb.mu.Unlock()
	if o != nil && o.chat != nil {
		o.chat.Detach(o)
	}
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
