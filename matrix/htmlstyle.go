package matrix

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"

	"msnbridge/bridge"
)

// looks is how all the text that can be seen looks.
type looks struct {
	whole        bridge.Format
	seen, differ bool
	struck       bool // some of it is struck out
}

// format is that, or none if not all of it looks the same.
func (l looks) format() bridge.Format {
	if l.differ {
		return bridge.Format{}
	}
	return l.whole
}

// see notes that something was written that can be seen.
func (w *htmlWriter) see() {
	if w.dropped > 0 {
		return
	}
	now := w.look()
	if !w.looks.seen {
		w.looks.whole, w.looks.seen = now, true
	}
	w.looks.struck = w.looks.struck || now.Strike
	w.looks.differ = w.looks.differ || w.looks.whole != now
}

// look is how what comes next looks.
func (w *htmlWriter) look() bridge.Format {
	if len(w.open) == 0 {
		return bridge.Format{}
	}
	return w.open[len(w.open)-1].look
}

// styleTags are the elements that change how their contents look.
var styleTags = map[string]func(*bridge.Format){
	"b": setBold, "strong": setBold, "i": setItalic, "em": setItalic, "u": setUnderline, "ins": setUnderline,
	"s": setStrike, "del": setStrike, "strike": setStrike,
	"h1": setBold, "h2": setBold, "h3": setBold, "h4": setBold, "h5": setBold, "h6": setBold,
}

func setBold(f *bridge.Format)      { f.Bold = true }
func setItalic(f *bridge.Format)    { f.Italic = true }
func setUnderline(f *bridge.Format) { f.Underline = true }
func setStrike(f *bridge.Format)    { f.Strike = true }

// styled is a format inside an element.
func styled(f bridge.Format, t html.Token) bridge.Format {
	if set := styleTags[t.Data]; set != nil {
		set(&f)
	}
	if t.Data != "span" && t.Data != "font" {
		return f
	}
	for _, key := range []string{"color", "data-mx-color"} {
		if rgb, ok := readColor(attribute(t, key)); ok {
			f.Color = bridge.RGB(rgb)
		}
	}
	return f
}

// colorNames are the colours of HTML 4.
var colorNames = map[string]uint32{
	"black": 0, "silver": 0xc0c0c0, "gray": 0x808080, "white": 0xffffff, "maroon": 0x800000, "red": 0xff0000,
	"purple": 0x800080, "fuchsia": 0xff00ff, "green": 0x008000, "lime": 0x00ff00, "olive": 0x808000,
	"yellow": 0xffff00, "navy": 0x000080, "blue": 0x0000ff, "teal": 0x008080, "aqua": 0x00ffff,
	"orange": 0xffa500, "grey": 0x808080,
}

// readColor reads "#rrggbb", "#rgb" or a name.
func readColor(s string) (rgb uint32, ok bool) {
	digits, hex := strings.CutPrefix(s, "#")
	if !hex {
		rgb, ok = colorNames[strings.ToLower(s)]
		return rgb, ok
	}
	if len(digits) == 3 {
		digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
	}
	n, err := strconv.ParseUint(digits, 16, 24)
	return uint32(n), err == nil && len(digits) == 6
}

// spoiler says that what is in a span should be hidden, as it cannot be here (client-server API,
// 11.2.1.1).
func (w *htmlWriter) spoiler(e *element, t html.Token) {
	for _, a := range t.Attr {
		if a.Key != "data-mx-spoiler" {
			continue
		}
		mark := "(spoiler:"
		if why := cleanLine(a.Val, maxQuote); why != "" {
			mark = "(spoiler, " + why + ":"
		}
		w.write(mark)
		w.space, e.after = w.dropped == 0, ")"
		return
	}
}

// strikeMark stands before and after what is struck out.
const strikeMark = "~~"

// strike marks what is struck out, if that is wanted.
func (w *htmlWriter) strike(e *element, _ html.Token) {
	if w.marks && !w.look().Strike {
		w.mark(strikeMark)
		e.after = strikeMark
	}
}

// mark writes a sign that belongs to the text that follows.
func (w *htmlWriter) mark(sign string) {
	if w.dropped == 0 {
		w.write(sign)
		w.space = false
	}
}

// cell begins a cell of a table.
func (w *htmlWriter) cell() {
	for i := len(w.open) - 1; i >= 0; i-- {
		if w.open[i].tag != "tr" {
			continue
		}
		if w.open[i].item++; w.open[i].item > 1 && w.dropped == 0 {
			w.space = w.breaks == 0
			w.write("|")
			w.space = true
		}
		return
	}
}
