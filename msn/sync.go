package msn

import (
	"strconv"

	"msnbridge/bridge"
	"msnbridge/msn/wire"
)

// maxGroupName is the longest encoded name of a group, in bytes.
const maxGroupName = 127

// groupZero is the group that is always there.
const groupZero = "Other%20Contacts"

// A section is a part of the answer to SYN. All lines carry its transaction ID
// and the list version.
type section func(s *session, b []byte, trid uint32) []byte

// An annotation is what follows a contact's line on the forward list.
type annotation func(s *session, b []byte, version uint32, e *bridge.Entry) []byte

// An entryTail ends a line of the forward list.
type entryTail func(b []byte, e *bridge.Entry) []byte

// listNames are the lists in the order in which SYN sends them: RL is last,
// because clients wait for its end (doc/protocol, 02 section 4).
var listNames = []struct {
	name string
	list bridge.List
}{{"FL", bridge.FL}, {"AL", bridge.AL}, {"BL", bridge.BL}, {"RL", bridge.RL}}

func nameOfList(l bridge.List) string {
	for _, n := range listNames {
		if n.list == l {
			return n.name
		}
	}
	return ""
}

func listOf(w []byte) (bridge.List, error) {
	for _, n := range listNames {
		if n.name == string(w) {
			return n.list, nil
		}
	}
	return 0, codeInvalid
}

// syn answers in short if the client has the lists as they are.
func syn(s *session, r *request) error {
	v, err := strconv.ParseUint(r.arg(0), 10, 32)
	if err != nil {
		return codeInvalid
	}
	version := s.bs.Version()
	r.reply("SYN", strconv.FormatUint(uint64(version), 10))
	s.synced = true
	if uint32(v) == version {
		return nil
	}
	for _, section := range s.d.syn {
		*r.out = section(s, *r.out, r.trid)
	}
	return nil
}

func lst(s *session, r *request) error {
	l, err := listOf(r.args[0])
	if err == nil {
		*r.out = s.appendList(*r.out, r.trid, l, nil)
	}
	return err
}

// head begins a line that carries a transaction ID and the list version.
func (s *session) head(b []byte, verb string, trid uint32) []byte {
	b = wire.AppendInt(append(b, verb...), int64(trid))
	return wire.AppendInt(b, int64(s.bs.Version()))
}

func gtcLine(s *session, b []byte, trid uint32) []byte {
	w := "N"
	if s.bs.Settings().AskAboutAdders {
		w = "A"
	}
	return wire.AppendEnd(wire.AppendWord(s.head(b, "GTC", trid), w))
}

func blpLine(s *session, b []byte, trid uint32) []byte {
	w := "AL"
	if s.bs.Settings().AllowedOnly {
		w = "BL"
	}
	return wire.AppendEnd(wire.AppendWord(s.head(b, "BLP", trid), w))
}

// ownProperties are PRP lines, of unset properties too.
func ownProperties(s *session, b []byte, trid uint32) []byte {
	values := s.bs.Settings().Properties
	for i := range properties {
		b = appendProperty(s.head(b, "PRP", trid), &properties[i], values)
	}
	return b
}

// appendProperty ends a PRP or BPR line.
func appendProperty(b []byte, p *property, values map[string]string) []byte {
	b = wire.AppendWord(b, p.key)
	v := values[p.key]
	if v == "" {
		v = p.unset
	}
	if v != "" {
		b = wire.AppendEncoded(b, v, maxName)
	}
	return wire.AppendEnd(b)
}

// propertyLines are a contact's BPR lines, which carry no transaction ID.
func propertyLines(s *session, b []byte, version uint32, e *bridge.Entry) []byte {
	values := s.bs.Properties(e)
	for i := range properties {
		if properties[i].own {
			continue
		}
		b = wire.AppendInt(append(b, "BPR"...), int64(version))
		b = appendProperty(wire.AppendWord(b, e.Spelling()), &properties[i], values)
	}
	return b
}

// groupLines are LSG, group 0 first.
func groupLines(s *session, b []byte, trid uint32) []byte {
	groups := s.bs.Groups()
	for i := -1; i < len(groups); i++ {
		b = s.head(b, "LSG", trid)
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

// listLines are all lists.
func listLines(s *session, b []byte, trid uint32) []byte {
	for _, n := range listNames {
		var after []annotation
		if n.list == bridge.FL {
			after = s.d.forward
		}
		b = s.appendList(b, trid, n.list, after)
	}
	return b
}

// appendList writes one list; an empty one is a line that says so.
func (s *session) appendList(b []byte, trid uint32, l bridge.List, after []annotation) []byte {
	entries := s.bs.Entries(l)
	version, name := int64(s.bs.Version()), nameOfList(l)
	if len(entries) == 0 {
		b = s.listHead(b, trid, name, version, 0, 0)
		return wire.AppendEnd(b)
	}
	for i, e := range entries {
		b = s.listHead(b, trid, name, version, i+1, len(entries))
		b = wire.AppendWord(b, e.Spelling())
		b = appendName(b, e.Name, e.Spelling())
		if l == bridge.FL {
			b = s.d.entry(b, e)
		}
		b = wire.AppendEnd(b)
		for _, a := range after {
			b = a(s, b, uint32(version), e)
		}
	}
	return b
}

func (s *session) listHead(b []byte, trid uint32, list string, version int64, i, n int) []byte {
	b = wire.AppendInt(append(b, "LST"...), int64(trid))
	b = wire.AppendInt(wire.AppendWord(b, list), version)
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
