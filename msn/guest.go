package msn

import (
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"msnbridge/bridge"
)

// A guest is a local user in a switchboard with a room who is in that room by a
// login of their own, and speaks through that. It is the window of their own
// conversation with the room.
type guest struct {
	o     *outward
	seat  *seat
	chat  *bridge.Chat
	since time.Time    // when the guest came
	typed atomic.Int64 // as outward's

	// Guarded by the switchboard's mutex.
	self   bridge.Addr // who they are in the room
	heard  echoes      // lines of the room that came to the guest alone
	shared echoes      // and those that all were shown
}

// welcome finds out whether a client who is not the owner is in the room by a
// login of their own. done is called when that is known.
func (o *outward) welcome(s *seat, done func()) {
	if !o.chat.IsRoom() || s == o.owner {
		done()
		return
	}
	o.chat.Guest(s.handle, func(chat *bridge.Chat) {
		if chat != nil {
			o.admitGuest(&guest{o: o, seat: s, chat: chat, since: time.Now()})
		}
		done()
	})
}

// welcomeAll looks for guests among the clients who are there.
func (o *outward) welcomeAll() {
	o.sb.mu.Lock()
	seats := slices.Clone(o.sb.seats)
	o.sb.mu.Unlock()
	for _, s := range seats {
		o.welcome(s, func() {})
	}
}

// voice is the client as a guest, or nil. It asks again whether the client is
// one: they may have entered the room by now. It waits for the client's account.
func (o *outward) voice(s *seat) *guest {
	if g := o.guest(s); g != nil || !o.chat.IsRoom() {
		return g
	}
	known := make(chan struct{})
	o.welcome(s, func() { close(known) })
	select {
	case <-known:
	case <-s.c.group.ctx.Done():
	}
	return o.guest(s)
}

// guest is the client as a guest, or nil.
func (o *outward) guest(s *seat) *guest {
	o.sb.mu.Lock()
	defer o.sb.mu.Unlock()
	return o.guests[s]
}

func (o *outward) admitGuest(g *guest) {
	self, _ := g.chat.Self()
	g.self = self.Addr
	if !o.seatGuest(g) {
		return
	}
	g.chat.Attach(g)
	if o.guest(g.seat) != g { // has left while we attached
		g.chat.Detach(g)
	}
}

// seatGuest notes a guest, unless the client has left or is one already.
func (o *outward) seatGuest(g *guest) bool {
	o.sb.mu.Lock()
	defer o.sb.mu.Unlock()
	if o.sb.outward != o || !o.sb.seated(g.seat) || o.guests[g.seat] != nil {
		return false
	}
	if o.guests == nil {
		o.guests = map[*seat]*guest{}
	}
	o.guests[g.seat] = g
	o.sb.announce(o.reseat(), nil)
	return true
}

// dismiss has guests hear for themselves again what is said in the room.
func dismiss(guests map[*seat]*guest) {
	for _, g := range guests {
		g.chat.Detach(g)
	}
}

// isGuest tells whether this is who a guest is in the room. sb.mu is held.
func (o *outward) isGuest(who bridge.Addr) bool {
	for _, g := range o.guests {
		if g.self == who && !who.IsZero() {
			return true
		}
	}
	return false
}

// nameGuests takes note of who the guests are in the room just now.
func (o *outward) nameGuests() {
	o.sb.mu.Lock()
	guests := slices.Collect(maps.Values(o.guests))
	o.sb.mu.Unlock()
	for _, g := range guests {
		if self, ok := g.chat.Self(); ok {
			o.sb.mu.Lock()
			g.self = self.Addr
			o.sb.mu.Unlock()
		}
	}
}

// saidHere tells of a message that a guest has written: the switchboard has it
// already.
func (o *outward) saidHere(m bridge.Message) bool {
	o.nameGuests()
	o.sb.mu.Lock()
	defer o.sb.mu.Unlock()
	return o.isGuest(m.From)
}
