package msn

import (
	"msnbridge/bridge"
	"msnbridge/msn/wire"
)

// sbp sets a property of a contact, from MSNP10 on. The friendly name renames the
// contact, as REA did; the others are the contact's own, and the client keeps them
// without us. It is echoed in any case: to msn-pecan most errors are the end of the
// session (doc/protocol, 06).
func sbp(s *session, r *request) error {
	e := s.contactCalled(r.arg(0))
	if e == nil {
		return codeBadUser
	}
	words := []string{r.arg(0), r.arg(1)}
	if len(r.args) < 3 {
		r.reply("SBP", words...)
		return nil
	}
	name, err := readAnyName(r.args[2])
	if err != nil {
		return err
	}
	words = append(words, name.word)
	if r.arg(1) != friendlyName.key || s.knownAs(e, name.value) {
		r.reply("SBP", words...)
		return nil
	}
	trid, row := r.trid, r.row
	s.await()
	s.bs.Rename(e.Handle, name.value, func(version uint32, err error) {
		s.settled(trid, row, err, func() { s.versioned("SBP", trid, version, words...) })
	})
	return nil
}

// readAnyName reads a name that may have been encoded more than it must be:
// msn-pecan encodes what we do not, and says again what it was told.
func readAnyName(w []byte) (text, error) {
	t, err := textOf(w, wire.MaxLine, codeBadName)
	switch {
	case err != nil:
		return t, err
	case wire.EncodedLen(t.value) > maxName:
		return t, codeBadName
	case len(w) > maxName:
		t.word = wire.Encode(t.value)
	}
	return t, nil
}

// knownAs tells whether a new name is none: the contact is called so, or the client
// repeats what presence has told. msn-pecan does so at each NLN, by itself, and must
// not undo what the user calls the contact in another client. Who is called by the
// handle alone has no such name.
func (s *session) knownAs(e *bridge.Entry, name string) bool {
	name = asTold(name)
	if name == asTold(e.Name) {
		return true
	}
	return name == asTold(s.bs.Told(e)) && e.Name != e.Handle && e.Name != e.Spelling()
}

// asTold is as much of a name as clients are told.
func asTold(name string) string { return string(wire.AppendEncoded(nil, name, maxName)) }
