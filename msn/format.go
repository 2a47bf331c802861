package msn

import (
	"math/bits"
	"strconv"
	"strings"

	"msnbridge/bridge"
	"msnbridge/msn/wire"
)

// textHeader begins every plain text that we write. FN is first: a switchboard of
// 2003 wanted it there (doc/protocol, 03 section 6).
const textHeader = textBegins + "; EF=; CO=0" + textEnds

const (
	textBegins = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\nX-MMS-IM-Format: FN=Arial"
	textEnds   = "; CS=0; PF=22\r\n\r\n"
)

// headerOf is the header of a text that looks like this.
func headerOf(f bridge.Format) string {
	if f == (bridge.Format{}) {
		return textHeader
	}
	var effects strings.Builder
	for _, e := range effectsOf(&f) {
		if *e.on {
			effects.WriteByte(e.letter)
		}
	}
	return textBegins + "; EF=" + effects.String() + "; CO=" + colorOf(f.Color) + textEnds
}

// An effect is a letter of EF and the style that it stands for.
type effect struct {
	letter byte
	on     *bool
}

func effectsOf(f *bridge.Format) []effect {
	return []effect{{'B', &f.Bold}, {'I', &f.Italic}, {'U', &f.Underline}, {'S', &f.Strike}}
}

// colorOf writes a colour as CO has it: blue, green, red in hex, without zeros in
// front but one that makes the number of digits even, which libpurple needs
// (doc/protocol, 03 section 6). No colour is black.
func colorOf(c bridge.Color) string {
	rgb, _ := c.RGB()
	if rgb == 0 {
		return "0"
	}
	bgr := bits.ReverseBytes32(rgb) >> 8
	s := strconv.FormatUint(uint64(bgr), 16)
	if len(s)%2 == 1 {
		s = "0" + s
	}
	return s
}

// formatOf is how a client wants its text to look. Black is what all clients say
// who say nothing, so it is no colour. What cannot be read is left out.
func formatOf(m *wire.Message) bridge.Format {
	var f bridge.Format
	for field := range strings.SplitSeq(m.Get("X-MMS-IM-Format"), ";") {
		name, value, _ := strings.Cut(field, "=")
		switch name, value = strings.TrimSpace(name), strings.TrimSpace(value); {
		case strings.EqualFold(name, "EF"):
			setEffects(&f, value)
		case strings.EqualFold(name, "CO"):
			f.Color = readColor(value)
		}
	}
	return f
}

func setEffects(f *bridge.Format, letters string) {
	for _, e := range effectsOf(f) {
		*e.on = strings.ContainsAny(letters, string([]byte{e.letter, e.letter | 0x20}))
	}
}

func readColor(s string) bridge.Color {
	bgr, err := strconv.ParseUint(s, 16, 24)
	if err != nil || len(s) > 6 || bgr == 0 {
		return 0
	}
	return bridge.RGB(bits.ReverseBytes32(uint32(bgr)) >> 8)
}
