package msn

import (
	"encoding/xml"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"msnbridge/bridge"
	"msnbridge/msn/emoticon"
	"msnbridge/msn/wire"
)

// Bounds of what users say of themselves. gtmess has room for 511 bytes of a note as
// it stands in UBX; Miranda reads at most 4000 bytes of payload (doc/protocol, 06).
const (
	maxUUX      = 8 << 10 // bytes of a payload of the client's
	maxNote     = 256     // characters
	maxNoteUBX  = maxWord // bytes
	maxMediaUBX = 2048    // bytes; more is not shown
	maxFormat   = 256     // bytes of the format of what is listened to
)

// A personal is the payload of UUX and UBX; what else later dialects have in it is
// passed over (doc/protocol, 02 section 7).
type personal struct {
	XMLName xml.Name `xml:"Data"`
	Note    string   `xml:"PSM"`
	Media   string   `xml:"CurrentMedia"`
}

// uux takes what the user says of themselves. An error number would end the session
// of msn-pecan, so what cannot be read is passed over.
func uux(s *session, r *request) error {
	r.reply("UUX", "0")
	said, err := readPersonal(r.payload)
	if err != nil {
		s.c.srv.log.Debug("personal message passed over", "account", s.bs.Handle(), "err", err)
		return nil
	}
	p := s.bs.Presence()
	p.Note, p.Playing = emoticon.ToEmoji(said.Note), playing(said.Media)
	c := appearanceOf(p)
	c.note, c.media = said.Note, said.Media
	c.in(&p)
	s.bs.SetPresence(p)
	return nil
}

// readPersonal reads the payload of UUX; an empty one says nothing. gtmess begins it
// with a blank, and percent-encodes the note (doc/protocol, 06).
func readPersonal(payload []byte) (personal, error) {
	text := plainText(string(payload))
	var p personal
	if strings.TrimSpace(text) == "" {
		return p, nil
	}
	d := xml.NewDecoder(strings.NewReader(text))
	d.Strict = false // a bare & is common
	if err := d.Decode(&p); err != nil {
		return personal{}, err
	}
	if text[0] == ' ' {
		if note, err := wire.Decode([]byte(p.Note)); err == nil {
			p.Note = note
		}
	}
	p.Note, p.Media = firstOf(strings.TrimSpace(plainText(p.Note)), maxNote), plainText(p.Media)
	if escapedLen(p.Media) > maxMediaUBX || playing(p.Media) == "" {
		p.Media = "" // Miranda crashes at what has not this form
	}
	return p, nil
}

// plainText is valid text of one line without control codes.
func plainText(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// firstOf is s with at most n characters.
func firstOf(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}

// playing reads what a client says of the music that plays (or of a game, or an
// Office document): between words \0 an application, the kind, whether it is on, a
// format, and what stands in the format for {0}, {1} and so on. Empty: nothing plays.
func playing(media string) string {
	f := strings.Split(media, `\0`)
	if len(f) < 5 || f[2] != "1" || len(f[3]) > maxFormat {
		return ""
	}
	var pairs []string
	for i, arg := range f[4:min(len(f), 14)] {
		pairs = append(pairs, "{"+strconv.Itoa(i)+"}", arg)
	}
	words := strings.TrimSpace(strings.NewReplacer(pairs...).Replace(f[3]))
	if words != "" && f[1] == "Music" {
		words = "♫ " + words
	}
	return firstOf(words, maxNote)
}

// wordsOf is as much of a presence as UBX shows.
func wordsOf(p bridge.Presence) [4]string {
	c := appearanceOf(p)
	return [...]string{p.Note, p.Playing, c.note, c.media}
}

// appendWords writes a UBX: what a local user's client has said, and the words of
// others in its form.
func (s *session) appendWords(b []byte, c sight) []byte {
	said := appearanceOf(c.p)
	note, media := said.note, said.media
	if c.e.Addr.Network != bridge.Local {
		if note, media = c.p.Words(), ""; s.d.faceless {
			note = emoticon.ToCodes(note)
		}
	}
	var a [1024]byte
	x := append(a[:0], "<Data><PSM>"...)
	x = appendEscaped(x, note, maxNoteUBX, s.unescapes)
	x = append(x, "</PSM><CurrentMedia>"...)
	x = appendEscaped(x, media, maxMediaUBX, false)
	x = append(x, "</CurrentMedia></Data>"...)
	return wire.AppendPayload(wire.AppendWord(append(b, "UBX"...), c.e.Spelling()), x)
}

// entities are what stands for characters in XML.
var entities = map[rune]string{'&': "&amp;", '<': "&lt;", '>': "&gt;", '"': "&quot;", '\'': "&apos;"}

// appendEscaped writes s as text of an XML element, of at most max bytes and no part
// of a character. With percent, what reads it decodes percent codes, and must find
// none: a percent sign is written as one.
func appendEscaped(b []byte, s string, max int, percent bool) []byte {
	end := len(b) + max
	for _, r := range s {
		if unicode.IsControl(r) || r == '\uFFFE' || r == '\uFFFF' {
			continue
		}
		at := len(b)
		switch e, special := entities[r]; {
		case special:
			b = append(b, e...)
		case percent && r == '%':
			b = append(b, "%25"...)
		default:
			b = utf8.AppendRune(b, r)
		}
		if len(b) > end {
			return b[:at]
		}
	}
	return b
}

func escapedLen(s string) int { return len(appendEscaped(nil, s, len(s)*6, false)) }
