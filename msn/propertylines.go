package msn

import (
	"msnbridge/bridge"
	"msnbridge/msn/wire"
)

// append ends a PRP or BPR line.
func (p *property) append(b []byte, v string) []byte {
	b = wire.AppendWord(b, p.key)
	if v == "" {
		v = p.unset
	}
	if v != "" {
		b = wire.AppendEncoded(b, v, maxName)
	}
	return wire.AppendEnd(b)
}

// allProperties are PRP lines, of unset properties too.
func allProperties(s *session, b []byte, trid uint32) []byte {
	for i := range s.d.properties {
		p := &s.d.properties[i]
		b = p.append(s.d.forms.head(s, b, "PRP", trid), p.of(s))
	}
	return b
}

// setProperties are PRP lines, of what is set.
func setProperties(s *session, b []byte, trid uint32) []byte {
	for i := range s.d.properties {
		p := &s.d.properties[i]
		if v := p.of(s); v != "" {
			b = p.append(s.d.forms.head(s, b, "PRP", trid), v)
		}
	}
	return b
}

// propertyLines are a contact's BPR lines, which carry no transaction ID, of what is
// unset too.
func propertyLines(s *session, b []byte, version uint32, e *bridge.Entry) []byte {
	values := s.bs.Properties(e)
	for i := range s.d.properties {
		p := &s.d.properties[i]
		if p.own || p.rare && values[p.key] == "" {
			continue
		}
		b = s.d.forms.version(append(b, "BPR"...), version)
		b = p.append(wire.AppendWord(b, e.Spelling()), values[p.key])
	}
	return b
}

// setPropertyLines are BPR lines of what is set, which belong to the contact of the
// line before.
func setPropertyLines(s *session, b []byte, e *bridge.Entry) []byte {
	values := s.bs.Properties(e)
	for i := range s.d.properties {
		p := &s.d.properties[i]
		if v := values[p.key]; v != "" && !p.own {
			b = p.append(append(b, "BPR"...), v)
		}
	}
	return b
}
