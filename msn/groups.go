package msn

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"msnbridge/bridge"
	"msnbridge/msn/wire"
)

// maxGroupName is the longest encoded name of a group, in bytes, and maxGroupChars
// what the client allows (doc/protocol, 06).
const (
	maxGroupName  = 127
	maxGroupChars = 61
)

// groupForms are how a dialect names groups (doc/protocol, 02 section 5: the forms
// that gtmess, msn-pecan and Miranda read).
type groupForms struct {
	word func(s *session, id int) string
	find func(s *session, w []byte) (id int, err error)
	gone func(s *session, w []byte) (id int, err error) // find for RMG
	tail []string                                       // what ends the answers to ADG and REG
	same bool                                           // ADG of a name that there is gives that group, else 228
}

// Who adds two contacts to a new group at once has libpurple 2.2 and msn-pecan ask
// for it twice: at 228 the one forgets the second contact, the other signs off.
var (
	groupNumbers = &groupForms{
		word: groupNumber,
		find: findGroupNumber,
		gone: findGroupNumber,
		tail: []string{"0"},
	}
	sameGroupNumbers = &groupForms{
		word: groupNumber,
		find: findGroupNumber,
		gone: findGroupNumber,
		tail: []string{"0"},
		same: true,
	}
	groupGUIDs = &groupForms{
		word: (*session).groupGUID,
		find: findGroupGUID,
		gone: findGroupOrName,
		same: true,
	}
)

func groupNumber(_ *session, id int) string { return strconv.Itoa(id) }

func findGroupNumber(_ *session, w []byte) (int, error) { return groupArg(bridge.FL, w) }

// findGroupGUID finds a group by GUID. 0 is group 0, which has none.
func findGroupGUID(s *session, w []byte) (int, error) {
	if string(w) == "0" {
		return 0, nil
	}
	for _, g := range s.bs.Groups() {
		if strings.EqualFold(s.groupGUID(g.ID), string(w)) {
			return g.ID, nil
		}
	}
	return 0, codeNoGroup
}

func groupName(w []byte) (text, error) {
	t, err := textOf(w, maxGroupName, codeGroupName)
	if err == nil && utf8.RuneCountInString(t.value) > maxGroupChars {
		err = codeGroupName
	}
	return t, err
}

func adg(s *session, r *request) error {
	name, err := groupName(r.args[0])
	if err != nil {
		return err
	}
	trid, row := r.trid, r.row
	if g, ok := s.groupCalled(name.value); ok && s.d.forms.groups.same {
		s.groupMade(trid, s.bs.Version(), name, g)
		return nil
	}
	s.await()
	s.bs.AddGroup(name.value, func(g bridge.Group, version uint32, err error) {
		s.settled(trid, row, err, func() { s.groupMade(trid, version, name, g) })
	})
	return nil
}

func (s *session) groupMade(trid, version uint32, name text, g bridge.Group) {
	f := s.d.forms.groups
	s.versioned("ADG", trid, version, append([]string{name.word, f.word(s, g.ID)}, f.tail...)...)
}

func (s *session) groupCalled(name string) (bridge.Group, bool) {
	for _, g := range s.bs.Groups() {
		if strings.EqualFold(g.Name, name) {
			return g, true
		}
	}
	return bridge.Group{}, false
}

func reg(s *session, r *request) error {
	f := s.d.forms.groups
	id, err := f.find(s, r.args[0])
	if err != nil {
		return err
	}
	name, err := groupName(r.args[1])
	if err != nil {
		return err
	}
	trid, row := r.trid, r.row
	s.await()
	s.bs.RenameGroup(id, name.value, func(version uint32, err error) {
		s.settled(trid, row, err, func() {
			s.versioned("REG", trid, version, append([]string{f.word(s, id), name.word}, f.tail...)...)
		})
	})
	return nil
}

// rmg removes a group; its contacts stay.
func rmg(s *session, r *request) error {
	f := s.d.forms.groups
	id, err := f.gone(s, r.args[0])
	if err != nil {
		return err
	}
	trid, row, word := r.trid, r.row, f.word(s, id)
	s.await()
	s.bs.RemoveGroup(id, func(version uint32, err error) {
		s.settled(trid, row, err, func() { s.versioned("RMG", trid, version, word) })
	})
	return nil
}

// findGroupOrName also takes the name: that is what MSN 7.0 says of a group that it
// has just made (doc/protocol, 02).
func findGroupOrName(s *session, w []byte) (int, error) {
	id, err := findGroupGUID(s, w)
	if err == nil {
		return id, nil
	}
	name, _ := wire.Decode(w)
	g, ok := s.groupCalled(name)
	if !ok {
		return 0, err
	}
	return g.ID, nil
}
