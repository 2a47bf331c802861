package bridge

import (
	"fmt"
	"strings"
)

// A Format is how a whole text looks. The zero value is plain text.
type Format struct {
	Bold, Italic, Underline, Strike bool

	// Color of the letters. The zero value leaves it to the reader.
	Color Color
}

// A Color is none (0), or made by RGB.
type Color uint32

const coloured Color = 1 << 24

// RGB is the colour 0xRRGGBB.
func RGB(rgb uint32) Color { return coloured | Color(rgb&0xffffff) }

// RGB is the colour as 0xRRGGBB; not ok if there is none.
func (c Color) RGB() (rgb uint32, ok bool) { return uint32(c &^ coloured), c&coloured != 0 }

// styles are the letters that stand for the styles in String.
func (f *Format) styles() map[byte]*bool {
	return map[byte]*bool{'b': &f.Bold, 'i': &f.Italic, 'u': &f.Underline, 's': &f.Strike}
}

// String writes a format as it is kept: the letters b, i, u and s for the styles,
// and #rrggbb for the colour. Plain text is empty.
func (f Format) String() string {
	var b strings.Builder
	for _, letter := range []byte("bius") {
		if *f.styles()[letter] {
			b.WriteByte(letter)
		}
	}
	if rgb, ok := f.Color.RGB(); ok {
		fmt.Fprintf(&b, "#%06x", rgb)
	}
	return b.String()
}

// ParseFormat reads what String has written. What it does not know it leaves out.
func ParseFormat(s string) Format {
	var f Format
	letters, color, ok := strings.Cut(s, "#")
	for _, letter := range []byte(letters) {
		if style := f.styles()[letter]; style != nil {
			*style = true
		}
	}
	var rgb uint32
	if _, err := fmt.Sscanf(color, "%06x", &rgb); ok && err == nil {
		f.Color = RGB(rgb)
	}
	return f
}
