package msn

import (
	"cmp"
	"encoding/xml"
	"strconv"
	"strings"
	"unicode"

	"msnbridge/bridge"
	"msnbridge/msn/wire"
)

// A face is what clients of a dialect are told of others beside state and name
// (doc/protocol, 02 sections 6 and 7, 03 section 1).
type face struct {
	features bool // what their clients can do
	picture  bool // what picture they show
	words    bool // what they say of themselves, and listen to
	seats    bool // in switchboards, too, what their clients can do
}

// An appearance is what a user's client says of itself to others: Presence.Client.
type appearance struct {
	features string // what it can do
	picture  string // what picture it shows of its user
	note     string // Presence.Note as the client has it
	media    string // Presence.Playing as the client has it
}

// appearanceOf is that of somebody who is present; nothing for people of other networks.
func appearanceOf(p bridge.Presence) appearance {
	c, _ := p.Client.(appearance)
	return c
}

// in puts c into a presence.
func (c appearance) in(p *bridge.Presence) {
	p.Client = nil
	if c != (appearance{}) {
		p.Client = c
	}
}

// A look is as much of a presence as ILN and NLN show.
type look struct {
	state             bridge.State
	features, picture string
}

func (f face) shown(p bridge.Presence) look {
	c, seen := appearanceOf(p), look{state: p.State}
	if f.features {
		seen.features = c.features
	}
	if f.picture {
		seen.picture = c.picture
	}
	return seen
}

const (
	// noFeatures is a client older than MSN Messenger 6, or one that has said nothing.
	noFeatures = "0"

	// bridgedFeatures are those of people and rooms of other networks: texts and
	// nudges, as with MSN Messenger 7.0, whose number it is. They have no picture
	// (doc/protocol, 02 section 12).
	bridgedFeatures = "1073741824"
)

// shownFeatures are what the client of somebody can do, as others see it.
func shownFeatures(e *bridge.Entry, c appearance) string {
	if e.Addr.Network != bridge.Local {
		return bridgedFeatures
	}
	return cmp.Or(c.features, noFeatures)
}

// featuresOf reads the word of CHG that says what the client can do. That of later
// dialects has a second number behind a colon, which the watchers' clients do not
// know. Empty: it is no such number.
func featuresOf(w []byte) string {
	first, _, _ := strings.Cut(string(w), ":")
	n, err := strconv.ParseUint(first, 10, 32)
	if err != nil || n == 0 {
		return ""
	}
	return strconv.FormatUint(n, 10)
}

// pictureOf reads the word of CHG that says what picture the client shows. It is
// relayed as it is, so it must be plain ASCII, not too long for gtmess, and stand for
// one XML element of attributes. Empty: there is none, or it is not that.
func pictureOf(w []byte) string {
	if len(w) > maxWord || strings.IndexFunc(string(w), func(r rune) bool { return r <= ' ' || r >= unicode.MaxASCII }) >= 0 {
		return ""
	}
	object, err := wire.Decode(w)
	if err != nil || wire.Clean(object) != object || !strings.HasPrefix(object, "<msnobj ") {
		return ""
	}
	d := xml.NewDecoder(strings.NewReader(object))
	if _, err := d.Token(); err != nil || d.InputOffset() != int64(len(object)) || !strings.HasSuffix(object, "/>") {
		return ""
	}
	return string(w)
}
