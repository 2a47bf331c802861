package msn

import (
	"msnbridge/bridge"
	"msnbridge/msn/emoticon"
	"msnbridge/msn/wire"
)

// Show shows a message to all clients of the switchboard. It counts as shown
// when it has been written to the owner's client.
func (o *outward) Show(m bridge.Message, from bridge.Member, late bool, shown func(error)) {
	if o.saidHere(m) {
		shown(nil)
		return
	}
	if !o.show(o.frame(m, from, late), lineKey(m, from), shownFunc(shown)) {
		shown(errClosed)
	}
}

// fromRoom is a text of the person or room outside, yet to be written.
func (o *outward) fromRoom(look bridge.Format) shown {
	return shown{handle: o.handle, name: o.chat.Name(), look: look}
}

// frame makes MSGs of a message: of a member if they have a seat or get one, else
// of the person or room outside.
func (o *outward) frame(m bridge.Message, from bridge.Member, late bool) shown {
	s := o.fromRoom(m.Format)
	name, named := s.name, false
	switch {
	case m.Own:
		name = o.owner.name
	case from.Handle != "":
		name, named = from.Name, !o.speaker(from, late)
		if !named {
			s.handle, s.name = from.Handle, from.Name
		}
	case m.Name != "" && m.From == m.Chat:
		s.name, name = m.Name, m.Name
	}
	return s.with(o.owner.linked(lineOf(m, late, name, named), m))
}

// A shown is a text on its way to clients, as MSGs: with emoji, and for clients of
// faceless dialects with codes in their place.
type shown struct {
	handle, name string
	look         bridge.Format
	full, coded  []byte
}

func (s shown) with(text string) shown {
	s.full = s.frames(text)
	s.coded = s.full
	if coded := emoticon.ToCodes(text); coded != text {
		s.coded = s.frames(coded)
	}
	return s
}

func (s *shown) frames(text string) []byte {
	var b []byte
	for _, part := range split(text) {
		b = appendText(b, s.handle, s.name, part, s.look)
	}
	return b
}

// to is what a client is sent.
func (s *shown) to(c *seat) []byte {
	if c.ns.d.faceless {
		return s.coded
	}
	return s.full
}

// shownFunc is who waits for a message to be shown.
type shownFunc func(error)

func (f shownFunc) written(err error) { f(err) }

// show sends s to all clients, but for guests who have had this line already. False: the owner does not get it, and nobody will be told.
func (o *outward) show(s shown, line string, who notified) bool {
	o.sb.mu.Lock()
	defer o.sb.mu.Unlock()
	if o.sb.outward != o {
		return false
	}
	for _, to := range o.sb.seats {
		g := o.guests[to]
		if to == o.owner || g != nil && pair(&g.shared, &g.heard, line) {
			continue
		}
		to.c.send(s.to(to))
	}
	b := s.to(o.owner)
	return o.owner.c.send(b, mark{len(b), who})
}

// Typing shows that the person, or a member who has a seat, is writing.
func (o *outward) Typing(from bridge.Member) {
	o.sb.mu.Lock()
	defer o.sb.mu.Unlock()
	if o.sb.outward != o {
		return
	}
	handle, name := o.handle, o.chat.Name()
	if o.chat.IsRoom() {
		m := o.roster.find(from.Handle)
		if m == nil || !m.seated {
			return
		}
		handle, name = m.Handle, m.Name
	}
	o.sb.tell(appendMessage(nil, handle, name, wire.TypingNotice(handle).Append(nil)), nil)
}

// Replaced leaves the switchboard as it is: one can still write in it, and what
// comes is shown elsewhere until one does.
func (o *outward) Replaced() { o.replaced.Store(true) }

// takeBack shows here again what comes: the owner writes in this window, and looks
// for the answer where they wrote.
func (o *outward) takeBack() {
	if o.replaced.Swap(false) {
		o.attach()
	}
}
