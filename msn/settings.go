package msn

import (
	"msnbridge/msn/wire"
)

// setting is what a BLP or GTC word means.
func setting(r *request, on, off string) (bool, error) {
	switch r.arg(0) {
	case on:
		return true, nil
	case off:
		return false, nil
	}
	return false, codeInvalid
}

// gtc sets whether the client asks about those who have added the user: A and N.
func gtc(s *session, r *request) error {
	on, err := setting(r, "A", "N")
	if err != nil {
		return err
	}
	s.await()
	s.bs.SetAskAboutAdders(on, s.settingDone(r))
	return nil
}

// blp sets whether those on neither list may see and call the user: AL and BL.
func blp(s *session, r *request) error {
	only, err := setting(r, "BL", "AL")
	if err != nil {
		return err
	}
	s.await()
	s.bs.SetAllowedOnly(only, s.settingDone(r))
	return nil
}

// settingDone echoes the request with the new list version.
func (s *session) settingDone(r *request) func(uint32, error) {
	trid, row, word := r.trid, r.row, r.arg(0)
	return func(version uint32, err error) {
		if s.d.echoSame && codeOf(err, nil) == codeSameMode {
			err = nil
		}
		s.settled(trid, row, err, func() { s.versioned(row.verb, trid, version, word) })
	}
}

// versioned appends the echo of a change: transaction ID, list version, words.
func (s *session) versioned(verb string, trid, version uint32, words ...string) {
	b := wire.AppendInt(append(s.out, verb...), int64(trid))
	b = s.d.forms.version(b, version)
	for _, w := range words {
		b = wire.AppendWord(b, w)
	}
	s.out = wire.AppendEnd(b)
}
