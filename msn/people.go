package msn

import (
	"msnbridge/bridge"
	"msnbridge/msn/wire"
)

const (
	maxLine  = 998 // bytes of a line: gtmess has room for no more (doc/protocol, 06)
	maxWord  = 499 // and of a word
	guidSize = 36

	// maskPending marks who has the user on the forward list and has been neither
	// allowed nor blocked, in place of the reverse list's bit (from MSNP10).
	maskPending = 16
)

// A personLine writes the LST line of somebody who is on some list.
type personLine func(s *session, b []byte, e *bridge.Entry) []byte

// peopleLines are a line for each, followed by the contact's properties. Those who
// have none are last: with the last LST line the lists are complete to clients, and
// what BPR then belongs to is not known to Pidgin.
func peopleLines(line personLine) section {
	return func(s *session, b []byte, _ uint32) []byte {
		var bare []*bridge.Entry
		for _, e := range s.bs.Listed() {
			properties := s.contactProperties(e)
			if len(properties) == 0 {
				bare = append(bare, e)
				continue
			}
			b = append(line(s, b, e), properties...)
		}
		for _, e := range bare {
			b = line(s, b, e)
		}
		return b
	}
}

// contactProperties are the BPR lines of a contact on the forward list.
func (s *session) contactProperties(e *bridge.Entry) []byte {
	if !e.On(bridge.FL) {
		return nil
	}
	return setPropertyLines(s, nil, e)
}

// maskedLine is handle, name and lists, and for a contact the groups, which Gaim
// reads whether or not they are there.
func maskedLine(_ *session, b []byte, e *bridge.Entry) []byte {
	b = wire.AppendWord(append(b, "LST"...), e.Spelling())
	b = appendName(b, e.Name, e.Spelling())
	b = wire.AppendInt(b, int64(e.Lists))
	if e.On(bridge.FL) {
		b = groupList(b, e)
	}
	return wire.AppendEnd(b)
}

func untypedLine(s *session, b []byte, e *bridge.Entry) []byte { return s.fieldLine(b, e, "") }

// typedLine says that everybody is a person of this service: type 1.
func typedLine(s *session, b []byte, e *bridge.Entry) []byte { return s.fieldLine(b, e, " 1") }

// fieldLine is handle and name, of a contact the GUID, then the lists, the type and
// the groups, if there are any.
func (s *session) fieldLine(b []byte, e *bridge.Entry, kind string) []byte {
	at := len(b)
	b = append(b, "LST "+handleField(e.Spelling())+" "+nameField(e)...)
	if e.On(bridge.FL) {
		b = wire.AppendWord(b, s.guidField(e))
	}
	b = wire.AppendInt(b, int64(maskOf(e)))
	b = append(b, kind...)
	if e.On(bridge.FL) {
		b = s.appendGroupGUIDs(b, e.Groups, maxLine-(len(b)-at))
	}
	return wire.AppendEnd(b)
}

// maskOf are the lists that somebody is on, as from MSNP10.
func maskOf(e *bridge.Entry) int {
	if e.On(bridge.RL) && e.Lists&(bridge.AL|bridge.BL) == 0 {
		return int(e.Lists&^bridge.RL) | maskPending
	}
	return int(e.Lists)
}

// appendGroupGUIDs writes a word of the GUIDs of groups, as many as fit into room
// bytes. Somebody in group 0 alone is in none.
func (s *session) appendGroupGUIDs(b []byte, groups []int, room int) []byte {
	end := len(b) + min(room, 1+maxWord)
	separator := byte(' ')
	for _, id := range groups {
		if id == 0 || len(b)+1+guidSize > end {
			continue
		}
		b = append(append(b, separator), s.groupGUID(id)...)
		separator = ','
	}
	return b
}
