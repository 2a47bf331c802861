package msn

import (
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

// shown is as much of a presence as ILN and NLN show.
func (f face) shown(p bridge.Presence) bridge.Presence {
	seen := bridge.Presence{State: p.State}
	if f.features {
		seen.Client.Features = p.Client.Features
	}
	if f.picture {
		seen.Client.Picture = p.Client.Picture
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

// clientOf is what the client of somebody can do. For clients nobody but local
// users has one.
func clientOf(e *bridge.Entry, p bridge.Presence) string {
	switch {
	case e.Addr.Network != bridge.Local:
		return bridgedFeatures
	case p.Client.Features == "":
		return noFeatures
	}
	return p.Client.Features
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
