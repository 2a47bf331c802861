package msn

import "msnbridge/msn/wire"

// A participant is somebody in a switchboard as clients see them, and what their
// client can do.
type participant struct{ handle, name, features string }

func (s *seat) participant() participant { return participant{s.handle, s.name, s.client} }

func (o *outward) participant() participant {
	return participant{o.handle, o.chat.Name(), bridgedFeatures}
}

func (m *member) participant() participant { return participant{m.Handle, m.Name, bridgedFeatures} }

// A notice tells clients who comes and who goes: bare, and full, with what the
// others' clients can do, for dialects that show that in switchboards.
type notice struct{ bare, full []byte }

// joins adds that somebody has come.
func (n *notice) joins(p participant) {
	n.bare = append(n.bare, "JOI"...)
	n.full = append(n.full, "JOI"...)
	n.names(p)
}

// answers adds an IRO: somebody is the i-th of so many who are there.
func (n *notice) answers(trid uint32, i, of int, p participant) {
	n.bare = appendIRO(n.bare, trid, i, of)
	n.full = appendIRO(n.full, trid, i, of)
	n.names(p)
}

func appendIRO(b []byte, trid uint32, i, of int) []byte {
	b = wire.AppendInt(append(b, "IRO"...), int64(trid))
	return wire.AppendInt(wire.AppendInt(b, int64(i)), int64(of))
}

// names ends a line that says who somebody is.
func (n *notice) names(p participant) {
	n.bare = wire.AppendEnd(appendName(wire.AppendWord(n.bare, p.handle), p.name, p.handle))
	n.full = appendName(wire.AppendWord(n.full, p.handle), p.name, p.handle)
	n.full = wire.AppendEnd(wire.AppendWord(n.full, p.features))
}

// leaves adds that somebody has gone.
func (n *notice) leaves(handle string) {
	n.bare = wire.AppendCommand(n.bare, "BYE", handle)
	n.full = wire.AppendCommand(n.full, "BYE", handle)
}

// gone adds that members have gone, those of them who were shown.
func (n *notice) gone(members []*member) {
	for _, m := range members {
		if m.seated {
			n.leaves(m.Handle)
		}
	}
}

// to is what a client is sent.
func (n *notice) to(s *seat) []byte {
	if s.ns.d.face.seats {
		return n.full
	}
	return n.bare
}

// announce sends a notice to all clients but one. sb.mu is held.
func (sb *switchboard) announce(n notice, but *seat) {
	if len(n.bare) == 0 {
		return
	}
	for _, s := range sb.seats {
		if s != but {
			s.c.send(n.to(s))
		}
	}
}

// joined is the notice that somebody has come.
func joined(p participant) (n notice) {
	n.joins(p)
	return n
}

// left is the notice that somebody has gone.
func left(handle string) (n notice) {
	n.leaves(handle)
	return n
}
