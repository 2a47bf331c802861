package irc

import (
	"slices"
	"strings"
)

// A modeKind says when a mode of a channel has a parameter
// (https://modern.ircdocs.horse/#chanmodes-parameter).
type modeKind uint8

const (
	flagMode   modeKind = iota // never; also what the server has not named
	listMode                   // always: an entry of a list (+b)
	keyMode                    // always (+k)
	limitMode                  // when it is set (+l)
	memberMode                 // always: a member (+o)
)

// modes are the modes of channels that a server has. The zero value has none.
type modes struct {
	kinds    map[byte]modeKind
	prefixes []prefix // of members, the highest rank first
}

// A prefix is a rank of members: its mode, and its symbol in front of a nick.
type prefix struct{ mode, symbol byte }

// memberSymbols are what may stand for a rank. None can begin a nick.
const memberSymbols = "~&@%+!*.=$?-^:"

// newModes are the modes of RFC 1459 and 2811.
func newModes() modes {
	var m modes
	m.setKinds("beI,k,l,imnpstr", false)
	m.setPrefixes("(ov)@+", false)
	return m
}

// setKinds reads CHANMODES: lists, always with a parameter, with one when set,
// never with one.
func (m *modes) setKinds(value string, gone bool) {
	m.kinds = map[byte]modeKind{}
	if gone {
		return
	}
	order := []modeKind{listMode, keyMode, limitMode, flagMode}
	for i, letters := range strings.Split(value, ",") {
		for _, letter := range []byte(letters) {
			if i < len(order) && isLetter(letter) {
				m.kinds[letter] = order[i]
			}
		}
	}
}

// setPrefixes reads PREFIX: (modes)symbols. An empty one means that there are no
// ranks.
func (m *modes) setPrefixes(value string, gone bool) {
	letters, symbols, ok := strings.Cut(strings.TrimPrefix(value, "("), ")")
	m.prefixes = nil
	if gone || !ok {
		return
	}
	for i := range min(len(letters), len(symbols)) {
		p := prefix{letters[i], symbols[i]}
		if isLetter(p.mode) && strings.IndexByte(memberSymbols, p.symbol) >= 0 {
			m.prefixes = append(m.prefixes, p)
		}
	}
}

// kind says what kind a mode of a channel is.
func (m *modes) kind(letter byte) modeKind {
	if m.member(letter) {
		return memberMode
	}
	return m.kinds[letter]
}

// member tells whether a mode is a rank of members.
func (m *modes) member(letter byte) bool {
	return slices.ContainsFunc(m.prefixes, func(p prefix) bool { return p.mode == letter })
}

// takes tells whether a mode has a parameter when it is set, or taken back.
func (m *modes) takes(letter byte, set bool) bool {
	k := m.kind(letter)
	return k != flagMode && (k != limitMode || set)
}

// cutPrefixes takes the symbols off a nick of NAMES or WHO, and returns the modes
// that they stand for, the highest first.
func (m *modes) cutPrefixes(name string) (ranks, nick string) {
	var found []byte
	for name != "" {
		i := slices.IndexFunc(m.prefixes, func(p prefix) bool { return p.symbol == name[0] })
		if i < 0 {
			break
		}
		found, name = append(found, m.prefixes[i].mode), name[1:]
	}
	return string(found), name
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
