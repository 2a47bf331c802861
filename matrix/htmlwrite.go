package matrix

import (
	"strconv"
	"strings"
)

// border begins a new line before and after a block.
func (w *htmlWriter) border(tag string) {
	switch {
	case spacedTags[tag] && !w.within("li") && !w.within("blockquote"):
		w.lineEnd(2)
	case blockTags[tag] || spacedTags[tag]:
		w.lineEnd(1)
	}
}

// lineEnd asks for at least n line ends before the next text, if there was any text.
func (w *htmlWriter) lineEnd(n int) {
	if w.dropped > 0 || w.marked {
		return
	}
	if w.out.Len() > 0 {
		w.breaks = max(w.breaks, n)
	}
	w.space = false
}

func (w *htmlWriter) within(tag string) bool {
	for _, e := range w.open {
		if e.tag == tag {
			return true
		}
	}
	return false
}

// item begins an item of a list.
func (w *htmlWriter) item() {
	mark, depth := "- ", 0
	for i := range w.open {
		switch e := &w.open[i]; e.tag {
		case "ul":
			mark = "- "
			depth++
		case "ol":
			mark = ""
			depth++
		}
	}
	if mark == "" {
		mark = w.nextNumber() + ". "
	}
	w.write(strings.Repeat("  ", max(depth-1, 0)) + mark)
	w.marked = w.dropped == 0
}

func (w *htmlWriter) nextNumber() string {
	for i := len(w.open) - 1; i >= 0; i-- {
		if w.open[i].tag == "ol" {
			w.open[i].item++
			return strconv.Itoa(w.open[i].item)
		}
	}
	return "1"
}

// text writes characters of the body, with white space as HTML has it.
func (w *htmlWriter) text(s string) {
	if w.within("pre") {
		w.preformatted(s)
		return
	}
	for s != "" {
		n := strings.IndexAny(s, " \t\r\n\f")
		if n == 0 {
			w.space = w.space || w.out.Len() > 0 && w.breaks == 0 && !w.marked
			s = s[1:]
			continue
		}
		if n < 0 {
			n = len(s)
		}
		w.write(s[:n])
		w.see()
		s = s[n:]
	}
}

func (w *htmlWriter) preformatted(s string) {
	for i, line := range strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
		if i > 0 && w.dropped == 0 && w.out.Len() > 0 {
			w.breaks++
		}
		if line != "" {
			w.write(strings.ReplaceAll(line, "\t", "    "))
		}
		if strings.TrimSpace(line) != "" {
			w.see()
		}
	}
}

// write writes s after the line ends and the blank that are due.
func (w *htmlWriter) write(s string) {
	if w.dropped > 0 || s == "" {
		return
	}
	w.newLines()
	if w.space && w.breaks == 0 {
		w.out.WriteByte(' ')
	}
	w.breaks, w.space, w.marked = 0, false, false
	for i := len(w.open) - 1; i >= 0 && w.open[i].start < 0; i-- {
		w.open[i].start = w.out.Len()
	}
	w.out.WriteString(s)
}

// newLines writes the line ends that are due. An empty line before or after a quotation does not
// belong to it.
func (w *htmlWriter) newLines() {
	quote := w.quote()
	n := min(w.breaks, 3)
	if n > 0 && w.out.Len() > 0 {
		between := w.quotes[:min(len(quote), len(w.quotes))]
		w.out.WriteString(strings.Repeat("\n"+between, n-1) + "\n" + quote)
	} else if w.out.Len() == 0 {
		w.out.WriteString(quote)
	}
	w.quotes = quote
}

// quote is what begins a line in block quotes.
func (w *htmlWriter) quote() string {
	n := 0
	for _, e := range w.open {
		if e.tag == "blockquote" {
			n++
		}
	}
	return strings.Repeat("> ", min(n, 5))
}
