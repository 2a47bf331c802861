package msn

import (
	"strconv"
	"time"

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

// synCounts is answered with the list version, and unless the client has it, with
// how many LST and LSG lines follow. A Gaim, which does not understand the short
// answer, asks for version 0, which never is the current one.
func synCounts(s *session, r *request) (full bool, err error) {
	version := strconv.FormatUint(uint64(s.bs.Version()), 10)
	if r.arg(0) == version {
		r.reply("SYN", version)
		return false, nil
	}
	r.reply("SYN", version, strconv.Itoa(len(s.bs.Listed())), strconv.Itoa(len(s.bs.Groups())+1))
	return true, nil
}

// synStamps is answered with two times and the counts. The lists always follow:
// msn-pecan takes a short answer for a broken list (doc/protocol, 02 section 4).
func synStamps(s *session, r *request) (full bool, err error) {
	stamp := stampOf(s.bs.Version())
	r.reply("SYN", stamp, stamp, strconv.Itoa(len(s.bs.Listed())), strconv.Itoa(len(s.bs.Groups())))
	return true, nil
}

// stampOf is a list version as a time: a second for each.
func stampOf(version uint32) string {
	t := time.Unix(stampsBegin+int64(version), 0).In(time.FixedZone("", -7*60*60))
	return t.Format("2006-01-02T15:04:05.0000000-07:00")
}

// stampsBegin is the time of version 0, in Unix seconds: the first day of 2005.
const stampsBegin = 1104537600

// numberLines are LSG, group 0 first: Pidgin waits for it if there is nobody on the
// lists.
func numberLines(s *session, b []byte, _ uint32) []byte {
	b = append(b, "LSG 0 "+groupZero+" 0\r\n"...)
	for _, g := range s.bs.Groups() {
		b = wire.AppendInt(append(b, "LSG"...), int64(g.ID))
		b = append(wire.AppendEncoded(b, g.Name, maxGroupName), " 0\r\n"...)
	}
	return b
}

// guidLines are LSG by GUID: there is no group 0.
func guidLines(s *session, b []byte, _ uint32) []byte {
	for _, g := range s.bs.Groups() {
		b = wire.AppendEncoded(append(b, "LSG"...), g.Name, maxGroupName)
		b = wire.AppendEnd(wire.AppendWord(b, s.groupGUID(g.ID)))
	}
	return b
}

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
