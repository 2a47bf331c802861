package bridge

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Rename sets the account's own friendly name, if handle is its own, or what its
// forward list calls a contact. Errors: ErrNotOnList, ErrNameTooLong, ErrInvalid, ErrStore.
func (s *Session) Rename(handle, name string, done func(version uint32, err error)) {
	a, clean := s.a, cleanName(name)
	e := a.find(handle)
	own := foldASCII(handle) == a.handle
	switch {
	case len(name) > mostName:
		done(a.version, ErrNameTooLong)
		return
	case clean == "":
		done(a.version, ErrInvalid)
		return
	case !own && (e == nil || !e.On(FL)):
		done(a.version, ErrNotOnList)
		return
	}
	var w batch
	version := a.raise(&w)
	if own {
		a.settings.Name = clean
		a.saveSettings(&w)
	} else {
		e.Name = clean
		a.saveEntry(&w, e)
	}
	a.commit(w, func(err error) {
		done(version, err)
		if err == nil && own {
			a.republish()
			a.tellWatchers()
			a.nameLogins()
		}
	})
}

// cleanName makes a name fit to be shown: one line of valid UTF-8.
func cleanName(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError || r == '\u2028' || r == '\u2029' {
			return -1
		}
		return r
	}, s)
	s = strings.TrimSpace(s)
	for len(s) > mostName {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}
