package msn

import (
	"slices"
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
}

var (
	groupNumbers = &groupForms{
		word: func(_ *session, id int) string { return strconv.Itoa(id) },
		find: findGroupNumber,
		gone: findGroupNumber,
		tail: []string{"0"},
	}
	groupGUIDs = &groupForms{
		word: (*session).groupGUID,
		find: findGroupGUID,
		gone: findGroupOrName,
	}
)

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
	trid, row, f := r.trid, r.row, s.d.forms.groups
	s.await()
	s.bs.AddGroup(name.value, func(g bridge.Group, version uint32, err error) {
		s.settled(trid, row, err, func() {
			s.versioned("ADG", trid, version, append([]string{name.word, f.word(s, g.ID)}, f.tail...)...)
		})
	})
	return nil
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
	groups := s.bs.Groups()
	i := slices.IndexFunc(groups, func(g bridge.Group) bool { return strings.EqualFold(g.Name, name) })
	if i < 0 {
		return 0, err
	}
	return groups[i].ID, nil
}
