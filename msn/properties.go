package msn

import (
	"slices"

	"msnbridge/msn/wire"
)

// A property is one that PRP and BPR know (doc/protocol, 02 section 3).
type property struct {
	key   string
	unset string // what it is while nobody has set it
	own   bool   // its owner alone is told
	rare  bool   // it is told only while it is set

	// read reads a value that a client sets; nil: the client may not set it.
	read func(w []byte) (text, error)

	// get and set are where it is kept; nil: among the account's properties. It is
	// unset by an empty value.
	get func(s *session) string
	set func(s *session, value string, done func(version uint32, err error))
}

// maxPhone is the longest encoded phone number, in bytes.
const maxPhone = 95

// The properties of a dialect, in the order in which they are sent: of MSNP5 to 7,
// 8, 9 (web pages of one's own), 10 (the friendly name), 11 and 12 (spaces). What the
// service of that time set itself is taken from clients too, from MSNP8 on: to
// msn-pecan a refusal is the end of the session (doc/protocol, 06).
var (
	firstProperties    = append(slices.Clip(contactProperties), property{key: "MBE", unset: "N", own: true})
	passportProperties = append(slices.Clip(contactProperties), property{key: "MBE", unset: "N", own: true, read: yesNo})
	webProperties      = append(slices.Clip(passportProperties), property{key: "WWE", rare: true, read: shortValue})
	namedProperties    = slices.Concat([]property{friendlyName}, webProperties)
	spaceProperties    = append(slices.Clip(namedProperties), property{key: "HSB", rare: true, read: shortValue})

	contactProperties = []property{
		{key: "PHH", read: shortValue},
		{key: "PHW", read: shortValue},
		{key: "PHM", read: shortValue},
		{key: "MOB", unset: "N", read: yesNo},
	}
	friendlyName = property{key: "MFN", own: true, read: readName, get: ownName, set: setOwnName}
)

// shortValue reads a phone number, or what has its length.
func shortValue(w []byte) (text, error) {
	t, err := textOf(w, maxLineWord, codeInvalid)
	if err == nil && wire.EncodedLen(t.value) > maxPhone {
		err = codeInvalid
	}
	return t, err
}

func yesNo(w []byte) (text, error) {
	t, err := textOf(w, maxLineWord, codeInvalid)
	if err == nil && t.value != "Y" && t.value != "N" {
		err = codeInvalid
	}
	return t, err
}

func readName(w []byte) (text, error) { return textOf(w, maxName, codeBadName) }

func ownName(s *session) string { return s.bs.Settings().Name }

// setOwnName renames the user; without a name it is the handle.
func setOwnName(s *session, name string, done func(uint32, error)) {
	if name == "" {
		name = s.bs.Handle()
	}
	s.bs.Rename(s.bs.Handle(), name, done)
}

// prp sets one of the user's properties; without a value it is unset.
func prp(s *session, r *request) error {
	p, err := s.settable(r.arg(0))
	if err != nil {
		return err
	}
	words, value := []string{p.key}, ""
	if len(r.args) > 1 {
		t, err := p.read(r.args[1])
		if err != nil {
			return err
		}
		words, value = append(words, t.word), t.value
	}
	trid, row := r.trid, r.row
	s.await()
	p.change(s, value, func(version uint32, err error) {
		s.settled(trid, row, err, func() { s.versioned("PRP", trid, version, words...) })
	})
	return nil
}

// maxLineWord bounds a word whose own limit is checked once it is decoded.
const maxLineWord = 500

// settable finds a property that a client may set.
func (s *session) settable(key string) (*property, error) {
	if len(key) != 3 {
		return nil, codeSyntax
	}
	for i := range s.d.properties {
		if p := &s.d.properties[i]; p.key == key && p.read != nil {
			return p, nil
		}
	}
	return nil, codeNotExpected
}

func (p *property) change(s *session, value string, done func(uint32, error)) {
	if p.set != nil {
		p.set(s, value, done)
		return
	}
	s.bs.SetProperty(p.key, value, done)
}

// of is the user's own.
func (p *property) of(s *session) string {
	if p.get != nil {
		return p.get(s)
	}
	return s.bs.Settings().Properties[p.key]
}
