package msn

import (
	"strconv"
	"unicode/utf8"

	"msnbridge/bridge"
)

// maxGroupChars is what the client allows in a group's name (doc/protocol, 06).
const maxGroupChars = 61

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
	s.await()
	s.bs.AddGroup(name.value, func(g bridge.Group, version uint32, err error) {
		s.settled(trid, row, err, func() {
			s.versioned("ADG", trid, version, name.word, strconv.Itoa(g.ID), "0")
		})
	})
	return nil
}

func reg(s *session, r *request) error {
	id, err := groupArg(bridge.FL, r.args[0])
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
			s.versioned("REG", trid, version, strconv.Itoa(id), name.word, "0")
		})
	})
	return nil
}

// rmg removes a group; its contacts stay.
func rmg(s *session, r *request) error {
	id, err := groupArg(bridge.FL, r.args[0])
	if err != nil {
		return err
	}
	trid, row := r.trid, r.row
	s.await()
	s.bs.RemoveGroup(id, func(version uint32, err error) {
		s.settled(trid, row, err, func() { s.versioned("RMG", trid, version, strconv.Itoa(id)) })
	})
	return nil
}
