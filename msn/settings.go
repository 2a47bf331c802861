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
	b = wire.AppendInt(b, int64(version))
	for _, w := range words {
		b = wire.AppendWord(b, w)
	}
	s.out = wire.AppendEnd(b)
}

// A property is one that PRP and BPR know (doc/protocol, 02 section 3).
type property struct {
	key   string
	unset string               // what it is while nobody has set it
	valid func(v string) error // nil: the client may not set it
	own   bool                 // its owner alone is told
}

// maxPhone is the longest encoded phone number, in bytes.
const maxPhone = 95

// properties are in the order in which they are sent.
var properties = []property{
	{key: "PHH", valid: phone},
	{key: "PHW", valid: phone},
	{key: "PHM", valid: phone},
	{key: "MOB", unset: "N", valid: yesNo},
	{key: "MBE", unset: "N", own: true},
}

func phone(v string) error {
	if wire.EncodedLen(v) > maxPhone {
		return codeInvalid
	}
	return nil
}

func yesNo(v string) error {
	if v != "Y" && v != "N" && v != "" {
		return codeInvalid
	}
	return nil
}

// prp sets one of the user's properties; without a value it is unset.
func prp(s *session, r *request) error {
	p, err := settable(r.arg(0))
	if err != nil {
		return err
	}
	words, value := []string{p.key}, ""
	if len(r.args) > 1 {
		t, err := textOf(r.args[1], maxLineWord, codeInvalid)
		if err != nil {
			return err
		}
		words, value = append(words, t.word), t.value
	}
	if err := p.valid(value); err != nil {
		return err
	}
	trid, row := r.trid, r.row
	s.await()
	s.bs.SetProperty(p.key, value, func(version uint32, err error) {
		s.settled(trid, row, err, func() { s.versioned("PRP", trid, version, words...) })
	})
	return nil
}

// maxLineWord bounds a word whose own limit is checked once it is decoded.
const maxLineWord = 500

// settable finds a property that a client may set.
func settable(key string) (*property, error) {
	if len(key) != 3 {
		return nil, codeSyntax
	}
	for i := range properties {
		if p := &properties[i]; p.key == key && p.valid != nil {
			return p, nil
		}
	}
	return nil, codeNotExpected
}
