package msn

import "msnbridge/bridge"

// Show shows nothing of what is said in the room, because the owner's window
// does. What only the guest has to see is shown to the guest: what waited from
// before they came, and lines of the room itself, which may answer a command of
// theirs. What they say with another client all others see as said here.
func (g *guest) Show(m bridge.Message, from bridge.Member, late bool, shown func(error)) {
	said := from.Handle != "" && !m.Time.Before(g.since)
	switch {
	case g.o.guest(g.seat) != g: // has left: the message waits
		shown(errClosed)
	case m.Own:
		g.sayElsewhere(m)
		shown(nil)
	case said || g.repeated(lineKey(m, from)):
		shown(nil)
	case !g.show(m, from, late, shown):
		shown(errClosed)
	}
}

// show shows a message to the guest alone. False: nobody will be told.
func (g *guest) show(m bridge.Message, from bridge.Member, late bool, done func(error)) bool {
	s := g.o.fromRoom(m.Format)
	s = s.with(g.seat.linked(lineOf(m, late, from.Name, from.Handle != ""), m))
	b := s.to(g.seat)
	return g.seat.c.send(b, mark{len(b), shownFunc(done)})
}

// sayElsewhere shows what the guest has said with another client.
func (g *guest) sayElsewhere(m bridge.Message) {
	own := g.o.fromRoom(m.Format).with(g.seat.linked(lineOf(m, false, g.seat.name, false), m))
	m.Own = false
	said := shown{handle: g.seat.handle, name: g.seat.name, look: m.Format}.
		with(g.seat.linked(lineOf(m, false, g.seat.name, false), m))
	g.o.sb.mu.Lock()
	defer g.o.sb.mu.Unlock()
	for _, to := range g.o.sb.seats {
		if to == g.seat {
			to.c.send(own.to(to))
		} else {
			to.c.send(said.to(to))
		}
	}
}

// repeated tells of a line that the guest has seen with all others.
func (g *guest) repeated(line string) bool {
	g.o.sb.mu.Lock()
	defer g.o.sb.mu.Unlock()
	return pair(&g.heard, &g.shared, line)
}

// Typing shows nothing.
func (g *guest) Typing(bridge.Member) {}

// Members shows nothing.
func (g *guest) Members([]bridge.Member, []string, bool) {}

// Replaced leaves the guest as it is: one can still speak.
func (g *guest) Replaced() {}

// Closed makes the guest one of those who speak through the owner.
func (g *guest) Closed() {
	g.o.sb.mu.Lock()
	defer g.o.sb.mu.Unlock()
	if g.o.guests[g.seat] == g {
		delete(g.o.guests, g.seat)
		g.o.sb.announce(g.o.reseat(), nil)
	}
}
