package msn

import (
	"strconv"

	"msnbridge/bridge"
	"msnbridge/msn/wire"
)

// noGroup is a group that was not named.
const noGroup = -1

// groupArg reads a group's ID, which is only for the forward list.
func groupArg(l bridge.List, w []byte) (int, error) {
	id, err := strconv.Atoi(string(w))
	switch {
	case l != bridge.FL:
		return 0, codeInvalid
	case err != nil || id < 0:
		return 0, codeNoGroup
	}
	return id, nil
}

// add is answered when the store has it; a contact that is present is then told
// with the same transaction ID (draft, 7.9). The client's spelling is echoed, and
// the group told even where none was named (doc/protocol, 07).
func add(s *session, r *request) error {
	l, err := listOf(r.args[0])
	if err != nil {
		return err
	}
	name, err := textOf(r.args[2], maxName, codeBadName)
	if err != nil {
		return err
	}
	group := noGroup
	words := []string{r.arg(1), name.word}
	if len(r.args) > 3 {
		if group, err = groupArg(l, r.args[3]); err != nil {
			return err
		}
		words = append(words, r.arg(3))
	}
	trid, row := r.trid, r.row
	if held := s.takeHeld(); held != nil {
		s.renamed(held, trid, row, words, name.value)
		return nil
	}
	s.await()
	s.bs.Add(l, r.arg(1), name.value, group, func(c bridge.Change, err error) {
		s.settled(trid, row, err, func() {
			if group == noGroup {
				words = append(words, s.groupWord(c, "0")...)
			}
			s.added(trid, c, words)
		})
	})
	return nil
}

// added echoes an addition. After an addition to the forward list the contact's
// properties follow, if lists have been sent, and its presence.
func (s *session) added(trid uint32, c bridge.Change, words []string) {
	s.index(c)
	s.listChange(s.d.forms.adds, trid, c, words...)
	if c.List != bridge.FL {
		return
	}
	s.appendProperties(c.Version, c.Entry)
	if c.Presence.State.Visible() {
		s.appeared("ILN "+strconv.FormatUint(uint64(trid), 10), sight{c.Entry, c.Presence, c.Name})
	}
}

// appendProperties tells a contact's properties, where the dialect has them and
// the client has the lists.
func (s *session) appendProperties(version uint32, e *bridge.Entry) {
	if s.synced {
		s.out = propertyLines(s, s.out, version, e)
	}
}

// listChange appends ADD, ADC or REM.
func (s *session) listChange(verb string, trid uint32, c bridge.Change, words ...string) {
	b := wire.AppendInt(append(s.out, verb...), int64(trid))
	b = s.d.forms.version(wire.AppendWord(b, nameOfList(c.List)), c.Version)
	for _, w := range words {
		b = wire.AppendWord(b, w)
	}
	s.out = wire.AppendEnd(b)
}

func rem(s *session, r *request) error {
	l, err := listOf(r.args[0])
	if err != nil {
		return err
	}
	group := noGroup
	words := []string{r.arg(1)}
	if len(r.args) > 2 {
		if group, err = groupArg(l, r.args[2]); err != nil {
			return err
		}
		words = append(words, r.arg(2))
	}
	if l == bridge.FL && s.mayRename(words[0]) {
		s.hold(&removal{trid: r.trid, row: r.row, handle: words[0]})
		return nil
	}
	s.remove(r.trid, r.row, l, group, r.arg(1), words)
	return nil
}

// remove takes somebody off a list or out of a group. words are the echo.
func (s *session) remove(trid uint32, row *command, l bridge.List, group int, handle string, words []string) {
	s.await()
	s.bs.Remove(l, handle, group, func(c bridge.Change, err error) {
		s.settled(trid, row, err, func() {
			s.index(c)
			s.listChange("REM", trid, c, words...)
		})
	})
}

// rea renames the user, or a contact on the forward list.
func rea(s *session, r *request) error {
	name, err := textOf(r.args[1], maxName, codeBadName)
	if err != nil {
		return err
	}
	trid, row, handle := r.trid, r.row, r.arg(0)
	s.await()
	s.bs.Rename(handle, name.value, func(version uint32, err error) {
		s.settled(trid, row, err, func() { s.versioned("REA", trid, version, handle, name.word) })
	})
	return nil
}

// addWords and remWords are those of a change that the client has not asked for.
func addWords(s *session, c bridge.Change) []string {
	words := []string{c.Entry.Spelling(), encodedName(c.Entry)}
	return append(words, s.groupWord(c, "0")...)
}

func remWords(s *session, c bridge.Change) []string {
	return append([]string{c.Entry.Spelling()}, s.groupWord(c, "")...)
}

// groupWord is the number of the group of a change of the forward list, where the
// dialect has groups; none is what stands for no group, or nothing.
func (s *session) groupWord(c bridge.Change, none string) []string {
	switch {
	case s.d.forms.groups == nil || c.List != bridge.FL:
		return nil
	case c.Group >= 0:
		return []string{s.d.forms.groups.word(s, c.Group)}
	case none == "":
		return nil
	}
	return []string{none}
}
