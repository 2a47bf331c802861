package msn

import (
	"strconv"

	"msnbridge/bridge"
	"msnbridge/msn/wire"
)

// groupZero is the group that is always there.
const groupZero = "Other%20Contacts"

// An entryTail ends a line of the forward list.
type entryTail func(b []byte, e *bridge.Entry) []byte

// lst is answered with one list, up to MSNP7.
func lst(s *session, r *request) error {
	l, err := listOf(r.args[0])
	if err == nil {
		*r.out = s.appendList(*r.out, r.trid, l, false)
	}
	return err
}

// groupLines are LSG, group 0 first, with their place and the number of groups.
func groupLines(s *session, b []byte, trid uint32) []byte {
	groups := s.bs.Groups()
	for i := -1; i < len(groups); i++ {
		b = s.d.forms.head(s, b, "LSG", trid)
		b = wire.AppendInt(b, int64(i+2))
		b = wire.AppendInt(b, int64(len(groups)+1))
		if i < 0 {
			b = append(b, " 0 "+groupZero...)
		} else {
			b = wire.AppendInt(b, int64(groups[i].ID))
			b = wire.AppendEncoded(b, groups[i].Name, maxGroupName)
		}
		b = append(b, " 0\r\n"...)
	}
	return b
}

// listLines are all lists, the forward list with the contacts' properties.
func listLines(s *session, b []byte, trid uint32) []byte {
	for _, n := range listNames {
		b = s.appendList(b, trid, n.list, n.list == bridge.FL)
	}
	return b
}

// appendList writes one list; an empty one is a line that says so.
func (s *session) appendList(b []byte, trid uint32, l bridge.List, withProperties bool) []byte {
	entries := s.bs.Entries(l)
	version, name := s.bs.Version(), nameOfList(l)
	if len(entries) == 0 {
		b = listHead(b, trid, name, version, 0, 0)
		return wire.AppendEnd(b)
	}
	for i, e := range entries {
		b = listHead(b, trid, name, version, i+1, len(entries))
		b = wire.AppendWord(b, e.Spelling())
		b = appendName(b, e.Name, e.Spelling())
		if l == bridge.FL {
			b = s.d.forms.entry(b, e)
		}
		b = wire.AppendEnd(b)
		if withProperties {
			b = propertyLines(s, b, version, e)
		}
	}
	return b
}

func listHead(b []byte, trid uint32, list string, version uint32, i, n int) []byte {
	b = wire.AppendInt(append(b, "LST"...), int64(trid))
	b = wire.AppendInt(wire.AppendWord(b, list), int64(version))
	return wire.AppendInt(wire.AppendInt(b, int64(i)), int64(n))
}

func noGroups(b []byte, _ *bridge.Entry) []byte { return b }

// groupList ends a line in the groups that the contact is in.
func groupList(b []byte, e *bridge.Entry) []byte {
	if len(e.Groups) == 0 {
		return append(b, " 0"...)
	}
	for i, g := range e.Groups {
		if i == 0 {
			b = append(b, ' ')
		} else {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(g), 10)
	}
	return b
}
